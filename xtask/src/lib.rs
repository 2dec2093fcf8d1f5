//! What our tasks share with tests that need servers of their own: finding the programs, starting a
//! PostgreSQL and a Redis, and doing to them what machines do to servers.
//!
//! The tasks themselves are in the program of the same name.

pub mod servers;
pub mod tools;
pub mod workspace;
