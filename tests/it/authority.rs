//! Who may do what: every operation, asked by every kind of person, about what is his own, his
//! group's, another group's, another committee's and nobody's.
//!
//! The table of `domain::authority` says what must be answered; this test says which operation of
//! the API is which line of the table, and finds operations that nobody put under it.

mod reviews;
mod rows;
mod table;
mod walk;
