//! The texts themselves, read from where they stand: a check keeps none, only which one it is of.

use std::collections::HashMap;

use domain::content::{ContentField, ContentKind};
use domain::ids::{
    CommitteeId, CorrectionId, DutyRecordId, LeaveRequestId, NominationId, ObjectionId,
};
use entity::{
    Scoped, content_check, correction, duty_record, leave_request, nomination, objection,
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use serde_json::Value;
use uuid::Uuid;

use super::service::text_hash;
use crate::error::Result;

/// Texts by the row and the field they stand in.
pub(super) type Texts = HashMap<(Uuid, ContentField), String>;

/// The texts that the checks are of, where they still stand there.
pub(super) async fn of_checks(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    checks: &[content_check::Model],
) -> Result<Texts> {
    let mut standing = Texts::new();
    for &kind in ContentKind::ALL {
        let rows = checks.iter().filter(|check| check.kind == kind);
        let ids: Vec<Uuid> = rows.map(|check| check.subject_id).collect();
        if !ids.is_empty() {
            standing.extend(of_rows(db, committee, kind, ids).await?);
        }
    }
    let texts = checks.iter().filter_map(|check| {
        let place = (check.subject_id, check.field);
        let text = standing.get(&place)?;
        (text_hash(text) == check.text_hash).then(|| (place, text.clone()))
    });
    Ok(texts.collect())
}

async fn of_rows(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    kind: ContentKind,
    ids: Vec<Uuid>,
) -> Result<Texts> {
    let mut texts = Texts::new();
    match kind {
        ContentKind::LeaveRequest => {
            let ids = ids.into_iter().map(LeaveRequestId);
            let rows = leave_request::Entity::of(committee)
                .filter(leave_request::Column::Id.is_in(ids))
                .all(db)
                .await?;
            for row in rows {
                texts.insert((row.id.0, ContentField::Reason), row.reason);
            }
        }
        ContentKind::Correction => {
            let ids = ids.into_iter().map(CorrectionId);
            let rows = correction::Entity::of(committee)
                .filter(correction::Column::Id.is_in(ids))
                .all(db)
                .await?;
            for row in rows {
                texts.insert((row.id.0, ContentField::Reason), row.reason);
            }
        }
        ContentKind::DutyRecord => {
            let ids = ids.into_iter().map(DutyRecordId);
            let rows = duty_record::Entity::of(committee)
                .filter(duty_record::Column::Id.is_in(ids))
                .all(db)
                .await?;
            for row in rows {
                let id = row.id.0;
                let number = row.reference_no.unwrap_or_default();
                texts.insert((id, ContentField::ReferenceNo), number);
                let others = free_texts(&row.attributes);
                texts.insert((id, ContentField::Attributes), others);
                texts.insert((id, ContentField::Title), row.title);
                texts.insert((id, ContentField::Content), row.content);
            }
        }
        ContentKind::Nomination => {
            let ids = ids.into_iter().map(NominationId);
            let rows = nomination::Entity::of(committee)
                .filter(nomination::Column::Id.is_in(ids))
                .all(db)
                .await?;
            for row in rows {
                texts.insert((row.id.0, ContentField::Reason), row.reason);
            }
        }
        ContentKind::Objection => {
            let ids = ids.into_iter().map(ObjectionId);
            let rows = objection::Entity::of(committee)
                .filter(objection::Column::Id.is_in(ids))
                .all(db)
                .await?;
            for row in rows {
                texts.insert((row.id.0, ContentField::Text), row.text);
            }
        }
        ContentKind::File => {}
    }
    Ok(texts)
}

/// What of a record's attributes somebody wrote in his own words, a line each, in the order of
/// their names.
pub fn free_texts(attributes: &Value) -> String {
    let attributes = attributes.as_object().into_iter().flatten();
    let mut lines: Vec<(&str, &str)> = attributes
        .flat_map(|(name, value)| own_words(value).map(|words| (name.as_str(), words)))
        .collect();
    lines.sort_by_key(|(name, _)| *name);
    let lines: Vec<&str> = lines.into_iter().map(|(_, words)| words).collect();
    lines.join("\n")
}

/// What of one attribute somebody wrote in his own words. Numbers and the words of a rulebook are
/// spelt in few letters and left out.
pub fn own_words(value: &Value) -> impl Iterator<Item = &str> {
    let words = match value {
        Value::Array(words) => words.as_slice(),
        one => std::slice::from_ref(one),
    };
    words.iter().filter_map(Value::as_str).filter(|text| {
        let in_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-+/".contains(c);
        !text.chars().all(in_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_somebody_wrote_is_told_from_numbers_and_words_of_the_rules() {
        let attributes = json!({
            "stage": ["filed", "key"], "role": "first", "signers": 3, "value": "10.5", "city": true,
            "organ": "区教育局", "document": "邢政〔2026〕5 号",
        });
        assert_eq!(free_texts(&attributes), "邢政〔2026〕5 号\n区教育局");
        assert_eq!(free_texts(&json!({})), "");
        assert_eq!(free_texts(&Value::Null), "");
    }
}
