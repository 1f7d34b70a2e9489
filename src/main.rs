//! The thin binary: parse, run, print the failure.

fn main() {}
