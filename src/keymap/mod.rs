//! Everything a user can say.
