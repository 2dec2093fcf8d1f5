//! What somebody may see of a review.

use domain::authority::{Operation, Reach};
use domain::ids::GroupId;
use domain::review::ReviewStatus;
use entity::review;

use crate::access::Caller;

/// What somebody may see of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Everything: who proposes, decides or verifies for all.
    Whole,
    /// The published list, and what concerns himself.
    Published,
    /// The candidates of these groups, for nominating.
    Groups(Vec<GroupId>),
    /// Not even that there is a review.
    Nothing,
}

impl Sight {
    /// What the caller may see of this review now.
    pub(super) fn of(caller: &Caller, review: &review::Model) -> Self {
        let reach = Reach::of(Operation::ReviewList, caller.standings()).unwrap_or_default();
        if reach.committee {
            return Self::Whole;
        }
        if is_public(review) {
            return Self::Published;
        }
        let nominates = Reach::of(Operation::ReviewNominate, caller.standings());
        match nominates.filter(|_| review.status == ReviewStatus::Nominating) {
            Some(reach) => Self::Groups(reach.groups),
            None => Self::Nothing,
        }
    }
}

/// Whether the list was published and the publication stands.
pub(super) fn is_public(review: &review::Model) -> bool {
    let stands = matches!(
        review.status,
        ReviewStatus::Published | ReviewStatus::Deciding | ReviewStatus::Decided
    );
    stands && review.published_at.is_some()
}
