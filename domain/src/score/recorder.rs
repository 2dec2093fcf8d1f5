//! Which organs a rulebook lets record what: 「谁组织谁记录」.

use super::fact::Attributes;
use super::matching::passes_all;
use super::person::Person;
use super::rulebook::Recorder;
use super::scheme::Scheme;

impl Recorder {
    /// Whether it may record a fact of this kind about this person. Whose sheet the fact is looked
    /// at on makes no difference.
    pub(super) fn may_record(&self, kind: &str, attributes: &Attributes, person: &Person) -> bool {
        self.records.iter().any(|pattern| {
            pattern.kind == kind && passes_all(&pattern.tests, attributes, &person.traits)
        })
    }
}

impl Scheme {
    /// The organs that may record a fact of this kind about this person, in the order of the
    /// rulebook. None means that the rules leave it to whoever the service lets.
    pub fn recorders_of(
        &self,
        kind: &str,
        attributes: &Attributes,
        person: &Person,
    ) -> Vec<&Recorder> {
        let recorders = self.rulebook().recorders.iter();
        recorders
            .filter(|one| one.may_record(kind, attributes, person))
            .collect()
    }
}
