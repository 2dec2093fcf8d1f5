//! Who asks, and how far he reaches: tokens, sessions, dated seats, and the permits that prove it.
//!
//! A handler names the permit it needs as an argument; there is no other way to a change.

mod caller;
mod permit;
mod second_person;
pub mod session;
mod standing;
mod token;

pub use caller::Caller;
pub use permit::{Asked, Gate, Guarded, On, OperationType, Permit, op};
pub use second_person::second_person;
pub use standing::{InOffice, SignedIn, Standings};
pub use token::{Audience, Claims, Tokens};
