//! Whether this cockpit may write, and for how long.

use jiff::{SignedDuration, Timestamp};

use crate::fleet::AccountId;

/// The state of the session; always in the header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Session {
    /// Nothing in the program can write.
    ReadOnly {
        /// Who said so, such as `--read-only`.
        why: String,
    },
    /// Looking only, until armed.
    Safe,
    /// Writing is allowed in one account, for a while.
    Armed {
        /// The account.
        account: AccountId,
        /// Since when.
        since: Timestamp,
        /// Until when.
        until: Timestamp,
    },
}

impl Session {
    /// How long a session stays armed.
    pub const ARMED_FOR: SignedDuration = SignedDuration::from_mins(30);

    /// Arms for one account, beginning now.
    pub fn armed(account: AccountId, at: Timestamp) -> Self {
        let until = at.checked_add(Self::ARMED_FOR).unwrap_or(at);
        Self::Armed { account, since: at, until }
    }

    /// Whether changes in this account may be sent now.
    pub fn may_write(&self, account: &AccountId, at: Timestamp) -> bool {
        matches!(self, Self::Armed { account: armed, since, until }
            if armed == account && *since <= at && at < *until)
    }

    /// Whether it was armed and no longer is: the time has run out, or the clock was set back before it began.
    pub fn has_lapsed(&self, at: Timestamp) -> bool {
        matches!(self, Self::Armed { since, until, .. } if at >= *until || at < *since)
    }

    /// The time that is left, where it is armed.
    pub fn left(&self, at: Timestamp) -> Option<SignedDuration> {
        match self {
            Self::Armed { until, .. } => Some(until.duration_since(at).max(SignedDuration::ZERO)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn an_armed_session_writes_in_its_account_until_its_time_is_over() {
        let account = AccountId::new("123456789012");
        let session = Session::armed(account.clone(), at(0));
        assert!(session.may_write(&account, at(0)) && session.may_write(&account, at(1799)));
        assert!(!session.may_write(&account, at(1800)) && session.has_lapsed(at(1800)));
        assert!(!session.may_write(&AccountId::new("999999999999"), at(1)));
    }

    #[test]
    fn a_clock_set_back_ends_an_armed_session_instead_of_prolonging_it() {
        let session = Session::armed(AccountId::new("123456789012"), at(0));
        assert!(session.has_lapsed(at(-1)) && !session.may_write(&AccountId::new("123456789012"), at(-1)));
    }
}
