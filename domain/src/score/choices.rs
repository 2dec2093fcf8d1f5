//! The choices that a rulebook can make, with their Chinese names: the words of the model itself.

use super::amount::RoundingMode;
use super::condition::Within;
use super::pattern::Of;
use super::rulebook::{
    Combine, End, PartYear, Partial, Partition, PeriodUnit, Rest, ReviewKind, RowChoice, SameThing,
    SubjectKind, Ties, Viewer, Which,
};
use super::vocabulary::Holds;

/// The words of one of the lists, all of them in their order, with their names.
pub(super) fn titled<'a>(words: &[&'a str]) -> Vec<(&'a str, &'static str)> {
    macro_rules! lists {
        ($($list:ident)+) => {[
            $($list::ALL.iter().map(|word| (word.as_str(), word.zh())).collect::<Vec<_>>(),)+
        ]};
    }
    let lists = lists! {
        Combine End Holds Of PartYear Partial Partition PeriodUnit Rest ReviewKind RoundingMode
        RowChoice SameThing SubjectKind Ties Viewer Which Within
    };
    let list = lists
        .into_iter()
        .find(|list| list.iter().map(|(word, _)| word).eq(words))
        .unwrap_or_default();
    let title = |word| list.iter().find(|(known, _)| *known == word);
    words
        .iter()
        .map(|word| (*word, title(*word).map_or("", |(_, title)| *title)))
        .collect()
}
