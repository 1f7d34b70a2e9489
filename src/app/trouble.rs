//! A failure in words: what failed, why, what to do. `runtime` makes it of a provider's failure.

/// Why nothing could be observed. It is tried again by itself, whatever it is: a new login, a mended file and a network
/// that is back are picked up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// What failed.
    pub what: String,
    /// Why, in one sentence.
    pub why: String,
    /// What to do; empty where nobody knows.
    pub remedy: String,
    /// Whether the simulated fleet is worth offering: there is no way in yet.
    pub offers_demo: bool,
}
