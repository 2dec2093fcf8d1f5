//! How facts become points: `facts × rulebook → sheet`, one pure function, [`tally`].
//!
//! The rules of a committee are data (a [`Rulebook`]), points are computed and never stored as
//! truth, and every line of a [`Sheet`] names its clause, its facts and its arithmetic. Recording
//! facts, adopting rulebooks and closing periods is left to the service.

/// Writes the schema of types that are one string in JSON.
macro_rules! string_schemas {
    ($($name:ident $description:literal;)+) => {$(
        #[cfg(feature = "utoipa")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some($description))
                    .build()
                    .into()
            }
        }

        #[cfg(feature = "utoipa")]
        impl utoipa::ToSchema for $name {}
    )+};
}

mod check;
mod fact;
mod period;
mod rulebook;
mod selector;
mod sheet;
mod tally;

pub use check::RulebookError;
pub use fact::{Fact, FactKind, UnknownFactKind};
pub use period::{NoPeriod, Period};
pub use rulebook::{Alternative, Band, Item, PeriodKind, Rounding, Rulebook, Scope};
pub use selector::{BadSelector, Selector};
pub use sheet::{Invitations, Line, LineFact, Share, Sheet, Unused, UnusedReason};
pub use tally::tally;

string_schemas! {
    FactKind "kind of fact, such as attendance.study.present or duty.proposal";
    Period "a year such as 2026 or a quarter such as 2026-Q3";
    Selector "kinds of fact, such as attendance.study|research.attended or duty.*";
}

#[cfg(test)]
mod tests;
