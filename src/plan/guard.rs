//! What a guard says of a plan. The guards themselves are one file each in `guards/`.

use serde::{Deserialize, Serialize};

/// A guard's answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing speaks against it.
    Pass,
    /// It may go on; the operator should know.
    Warn,
    /// It may not go on.
    Block,
}

/// What one guard found, in one sentence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The guard's name, by which it is overridden.
    pub name: String,
    /// Its answer.
    pub verdict: Answer,
    /// Why, in one sentence.
    pub why: String,
}
