//! What may be declared as a duty record: the kinds of the rulebook, in its words, with the basis
//! that a kind asks for.

use domain::duty::{Declarer, contradiction, declarer, needs_document, needs_evidence};
use domain::score::{Attribute, Attributes, Holds, Kind, Scheme, Subject, Value};

use crate::extract::Fields;

/// The attributes that say who of several one was.
pub(super) const SIGNATURE: [&str; 3] = ["role", "place", "signers"];

/// Whether a thing of this kind can have several signers.
pub(super) fn is_signed(kind: &Kind) -> bool {
    SIGNATURE.iter().all(|name| kind.attribute(name).is_some())
}

/// The attribute in which a kind gathers what becomes of a thing.
pub(super) fn stages(kind: &Kind) -> Option<&Attribute> {
    let gathers = |attribute: &&Attribute| attribute.holds == Holds::Words;
    kind.attribute("stage")
        .filter(gathers)
        .or_else(|| kind.attributes.iter().find(gathers))
}

/// The attribute that says that a thing of this kind became one of another.
pub(super) fn conversion(kind: &Kind) -> Option<&Attribute> {
    let says = |attribute: &&Attribute| attribute.words.iter().any(|word| word.key == CONVERTED);
    kind.attributes.iter().find(says)
}

/// The word by which [`conversion`] says it.
pub(super) const CONVERTED: &str = "converted";

/// Says what the rulebook does not know of a kind and its attributes.
pub(super) fn check(scheme: &Scheme, kind: &str, attributes: &Attributes, fields: &mut Fields) {
    if declarer(kind) == Declarer::Nobody {
        fields.wrong("/kind", "not_declared", "出席情况由活动签到产生，不能填报");
        return;
    }
    if let Some(mistake) = scheme.vocabulary().mistake(kind, attributes) {
        match mistake.attribute {
            Some(name) => {
                let pointer = format!("/attributes/{name}");
                fields.wrong(&pointer, "unknown_word", &mistake.expected);
            }
            None => fields.wrong("/kind", "unknown_kind", &mistake.expected),
        }
        return;
    }
    for (name, value) in attributes {
        let pointer = format!("/attributes/{name}");
        if let Some((one, other)) = contradiction(value.words()) {
            let title = |word| scheme.vocabulary().title(kind, name, word);
            let message = format!("「{}」与「{}」不能并存", title(one), title(other));
            fields.wrong(&pointer, "contradiction", message);
        }
        let known = scheme.vocabulary().kind(kind);
        let attribute = known.and_then(|kind| kind.attribute(name));
        if attribute.is_some_and(|attribute| attribute.holds == Holds::Number) {
            check_number(name, value, &pointer, fields);
        }
    }
}

fn check_number(name: &str, value: &Value, pointer: &str, fields: &mut Fields) {
    let decimals = match value {
        Value::Word(text) => text
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len()),
        _ => 0,
    };
    let fraction = matches!(value, Value::Word(text) if text.contains('/'));
    let counts = ["place", "signers"].contains(&name);
    if counts {
        let whole = matches!(value, Value::Integer(1..=1000));
        fields.check(whole, pointer, "invalid_number", "应是 1 到 1000 的整数");
    } else {
        let fits = decimals <= 2 && !fraction;
        fields.check(fits, pointer, "invalid_number", "最多两位小数");
    }
}

/// Says what a record of this kind lacks that it rests on.
pub(super) fn check_basis(
    kind: &str,
    subject: Subject,
    attributes: &Attributes,
    files: usize,
    fields: &mut Fields,
) {
    let text = |name: &str| {
        attributes
            .get(name)
            .is_some_and(|value| !value.words().is_empty())
    };
    if needs_document(kind) {
        let message = "请填写依据文件的名称和文号";
        let named = text("document")
            && !matches!(&attributes["document"], Value::Word(word) if word.trim().is_empty());
        fields.check(named, "/attributes/document", "required", message);
    }
    if needs_evidence(kind) {
        fields.check(0 < files, "/evidence_ids", "required", "请上传依据材料");
    }
    if kind == "score" {
        let valued = attributes.contains_key("value");
        fields.check(valued, "/attributes/value", "required", "请填写分值");
    }
    if kind == "group_work" {
        let of_group = matches!(subject, Subject::Group(_));
        fields.check(
            of_group,
            "/group_id",
            "required",
            "活动组工作应登记在活动组名下",
        );
    }
}
