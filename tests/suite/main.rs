//! The one integration binary: everything that needs the program from outside.
