//! Exit codes: what scripts may rely on.

use crate::plan::Refusal;
use crate::provider::Failure;

/// Why a verb did not end with 0.
#[derive(Debug, thiserror::Error)]
pub enum End {
    /// Drift was found, or the operation did not reach its goal. The words stand on the streams already.
    #[error("")]
    Short,
    /// Nothing could be observed, or something we need could not be read or written.
    #[error("{0}")]
    Error(String),
    /// Refused: read-only, a guard, a stale plan, a wrong phrase, an unknown cluster or group.
    #[error("{0}")]
    Refused(Refusal),
    /// The words of the command line are off in a way only the program sees.
    #[error("{0}")]
    Usage(String),
    /// A plan was made and a guard blocks it. The words stand on the streams already.
    #[error("")]
    Blocked,
    /// The cockpit was ended by something else than its user. There is nobody to tell.
    #[error("")]
    Left(u8),
}

impl End {
    /// The code the process ends with.
    pub fn code(&self) -> u8 {
        match self {
            Self::Short => 1,
            Self::Error(_) => 2,
            Self::Refused(_) | Self::Blocked => 3,
            Self::Usage(_) => USAGE,
            Self::Left(code) => *code,
        }
    }
}

/// `EX_USAGE` of sysexits.h.
pub const USAGE: u8 = 64;

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Error(failure.to_string())
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
