//! Who we are towards the cloud.

use serde::{Deserialize, Serialize};

use super::{AccountId, Text};

/// The principal behind the credentials, as STS proves it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The account.
    pub account: AccountId,
    /// ARN of the user or role session.
    pub arn: Text,
}
