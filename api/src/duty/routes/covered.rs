//! Duty records as a caller reads them: what is hidden from him is covered.

use domain::content::{ContentField, ContentKind};
use uuid::Uuid;

use super::DutyRecordView;
use crate::access::Caller;
use crate::app::App;
use crate::content::{ContentMark, Sight, free_texts, own_words};
use crate::duty::service::Record;
use crate::error::Result;

/// The records as the caller reads them.
pub(super) async fn views(
    app: &App,
    caller: &Caller,
    records: Vec<Record>,
) -> Result<Vec<DutyRecordView>> {
    let firsts = records.iter().map(first);
    let sight = Sight::of(app, caller, ContentKind::DutyRecord, firsts).await?;
    let views = records.into_iter().map(|mut record| {
        let marks = cover(&mut record, &sight);
        DutyRecordView::of(record, marks)
    });
    Ok(views.collect())
}

/// The record of the first signer, whose texts were checked for all.
fn first(record: &Record) -> Uuid {
    let signers = record.signers.iter();
    let first = signers.min_by_key(|signer| signer.place);
    first
        .map_or(record.row.id, |signer| signer.duty_record_id)
        .0
}

fn cover(record: &mut Record, sight: &Sight) -> Vec<ContentMark> {
    let first = first(record);
    let row = &mut record.row;
    let about = row.member_id;
    let mut marks = Vec::new();
    marks.extend(sight.cover(about, (first, ContentField::Title), &mut row.title));
    marks.extend(sight.cover(about, (first, ContentField::Content), &mut row.content));
    if let Some(number) = &mut row.reference_no {
        marks.extend(sight.cover(about, (first, ContentField::ReferenceNo), number));
    }
    let mut others = free_texts(&row.attributes);
    let mark = sight.cover(about, (first, ContentField::Attributes), &mut others);
    if mark.as_ref().is_some_and(|mark| mark.covered) {
        // What is in words of the rulebook stays: it says what kind of thing it is.
        let kept = row.attributes.as_object().into_iter().flatten();
        let kept = kept.filter(|(_, value)| own_words(value).next().is_none());
        row.attributes = kept
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
    }
    marks.extend(mark);
    marks
}
