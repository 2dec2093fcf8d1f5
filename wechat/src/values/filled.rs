//! All fields of a message at once, so that a notice WeChat would refuse is refused when it is
//! drafted.

use std::collections::BTreeMap;

use super::{Problem, ValueError, check};

/// The only values the listed fields of a template may hold, by key.
pub type Lists = BTreeMap<String, Vec<String>>;

/// The fields of a message, each held against its rule: WeChat will not answer 47003 to these.
#[derive(Clone, PartialEq, Eq)]
pub struct Filled(Vec<(String, String)>);

impl std::fmt::Debug for Filled {
    /// Keys only: values are about people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(key, _)| key))
            .finish()
    }
}

impl Filled {
    /// Takes the values of a message whose template asks for `keys` ([`field_keys`]) and lists
    /// some of the values; every value that would be refused is named with its limit.
    pub fn new(
        keys: &[String],
        lists: &Lists,
        values: Vec<(String, String)>,
    ) -> Result<Self, Vec<ValueError>> {
        let mut wrong: Vec<ValueError> = values
            .iter()
            .filter_map(|(key, value)| match lists.get(key) {
                Some(list) => check_listed(key, value, list).err(),
                None => check(key, value).err(),
            })
            .collect();
        let missing = keys
            .iter()
            .filter(|key| !values.iter().any(|(given, _)| given == *key));
        wrong.extend(missing.map(|key| ValueError::new(key, Problem::Missing)));
        if wrong.is_empty() {
            Ok(Self(values))
        } else {
            Err(wrong)
        }
    }

    /// The fields, for a message.
    pub fn into_fields(self) -> Vec<(String, String)> {
        self.0
    }
}

/// Holds a value against the list of its field.
pub fn check_listed(key: &str, value: &str, list: &[String]) -> Result<(), ValueError> {
    if list.iter().any(|one| one == value) {
        return Ok(());
    }
    let limit = format!("one of {}", list.join(", "));
    Err(ValueError {
        limit,
        ..ValueError::new(key, Problem::NotListed)
    })
}
