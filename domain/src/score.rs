//! How facts become points: `facts × rulebook → sheet`, one pure function, [`Scheme::sheet`].
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

mod amount;
mod check;
#[cfg(feature = "toml")]
mod choices;
mod claim;
mod condition;
mod earn;
mod fact;
#[cfg(feature = "toml")]
mod file;
mod grade;
mod judge;
mod limit;
mod live;
mod matching;
mod past;
mod pattern;
mod period;
mod person;
mod print;
mod quota;
mod rank;
mod recorder;
mod review;
mod rulebook;
#[cfg(all(feature = "toml", feature = "utoipa"))]
mod schema;
mod scheme;
#[cfg(feature = "toml")]
mod seal;
mod sheet;
mod tally;
mod total;
mod unused;
mod vocabulary;

/// The six-ones default scheme, as shipped.
pub const SIX_ONES: &str = include_str!("../rulebooks/six_ones.toml");

pub use amount::{Amount, NotAnAmount, RoundingMode};
pub use check::RulebookError;
pub use condition::{Condition, Within};
pub use fact::{Attributes, Fact, Subject, Value};
#[cfg(feature = "toml")]
pub use file::FileError;
pub use judge::Finding;
pub use past::AskedOfPast;
pub use pattern::{Bounds, Of, Pattern, Test, Tests};
pub use period::{NoPeriod, Period};
pub use person::{Person, TRAITS};
pub use rank::{Assessed, Outcome, Picked, Places, Rank};
pub use review::{Candidate, Proposal, Proposals, ProposedRung, Reason};
pub use rulebook::{
    Combine, Deemed, End, Grade, Nomination, Override, Part, PartYear, PartYearRule, Partial,
    Partition, PeriodRule, PeriodUnit, Pick, Ranking, Reach, Recorder, Requirement, Rest, Review,
    ReviewKind, Rounding, RowChoice, Rule, Rulebook, Rung, SameThing, Split, SubjectKind, Ties,
    Total, ValueRow, Viewer, Visibility, Which,
};
#[cfg(all(feature = "toml", feature = "utoipa"))]
pub use schema::rulebook_schema;
pub use scheme::{Scheme, TOTAL};
pub use sheet::{
    Choice, Closed, DeemedLine, Invitations, Line, LineFact, NextGrade, PartLine, Reached,
    RequirementLine, Share, Sheet, Stay, Unused, UnusedReason,
};
pub use tally::Record;
pub use vocabulary::{Attribute, HEADINGS, Holds, Kind, Mistake, Vocabulary, Word};

string_schemas! {
    Amount "an exact number: a decimal such as \"12.5\" or a fraction such as \"25/6\"";
    Period "a year such as 2026, a half 2026-H1, a quarter 2026-Q3, a month 2026-09, a session year 2026-S or a term 2026-T";
}

#[cfg(test)]
mod tests;
