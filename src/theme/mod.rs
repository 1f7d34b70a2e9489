//! Roles in, styles out.
