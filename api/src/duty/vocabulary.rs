//! What may be declared as a duty record: the kinds of the rulebook, in its words.

use domain::score::{Attributes, Scheme};

use crate::extract::Fields;

/// Kinds that come from elsewhere: attendance is settled by activities.
const NOT_DECLARED: [&str; 1] = ["attendance"];

/// Says what the rulebook does not know of a kind and its attributes.
pub fn check(scheme: &Scheme, kind: &str, attributes: &Attributes, fields: &mut Fields) {
    if NOT_DECLARED.contains(&kind) {
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
    }
}
