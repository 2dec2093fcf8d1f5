//! For which organ somebody records: the rulebook names organs, a committee has seats.

use crate::score::{Attributes, Person, Recorder, Scheme};

/// Where somebody sits, as far as recording goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desk {
    /// Whether he is a clerk of the office.
    pub office: bool,
    /// The special committees he is staff of, by name.
    pub special_committees: Vec<String>,
    /// Every special committee there is, by name.
    pub all_special_committees: Vec<String>,
}

/// He may not record it; these organs may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTheirs {
    /// What people call the organs.
    pub organs: Vec<String>,
}

impl Desk {
    /// The organ for which somebody at this desk records such a fact, in the word of the rulebook;
    /// none where the rules leave it to anybody.
    ///
    /// An organ that has no seat here, such as a member's employer, sends its findings to the
    /// office, which enters them in its name.
    ///
    /// # Errors
    /// When the rules give it to other organs.
    pub fn recorder<'s>(
        &self,
        scheme: &'s Scheme,
        kind: &str,
        attributes: &Attributes,
        person: &Person,
    ) -> Result<Option<&'s str>, NotTheirs> {
        let organs = scheme.recorders_of(kind, attributes, person);
        if organs.is_empty() {
            return Ok(None);
        }
        let own = organs.iter().find(|organ| self.is(organ));
        let seatless = || {
            let mut organs = organs.iter().filter(|_| self.office);
            organs.find(|organ| !self.is_seated(organ))
        };
        match own.or_else(seatless) {
            Some(organ) => Ok(Some(organ.key.as_str())),
            None => Err(NotTheirs {
                organs: organs.iter().map(|organ| organ.title.clone()).collect(),
            }),
        }
    }

    /// Whether somebody at this desk records in the name of an organ.
    pub fn records_for(&self, organ: &Recorder) -> bool {
        self.is(organ) || (self.office && !self.is_seated(organ))
    }

    fn is(&self, organ: &Recorder) -> bool {
        (self.office && is_office(organ)) || names_one_of(organ, &self.special_committees)
    }

    fn is_seated(&self, organ: &Recorder) -> bool {
        is_office(organ) || names_one_of(organ, &self.all_special_committees)
    }
}

fn is_office(organ: &Recorder) -> bool {
    organ.key == "office" || organ.title == "办公室"
}

/// Whether the organ is one of these special committees; 「专委会」 is each of them.
fn names_one_of(organ: &Recorder, names: &[String]) -> bool {
    let is_any = organ.key == "special_committee" || short(&organ.title) == "专委";
    names
        .iter()
        .any(|name| is_any || organ.key == *name || short(&organ.title) == short(name))
}

/// A name as it is shortened in speech: 提案委员会 and 提案委 are one.
fn short(name: &str) -> &str {
    name.strip_suffix("员会")
        .or_else(|| name.strip_suffix('会'))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::MemberId;
    use crate::score::{Pattern, SIX_ONES, Subject, Tests};

    fn organ(key: &str, title: &str, kind: &str) -> Recorder {
        Recorder {
            key: key.to_owned(),
            title: title.to_owned(),
            clause: None,
            records: vec![Pattern {
                kind: kind.to_owned(),
                of: None,
                tests: Tests::new(),
            }],
        }
    }

    fn scheme() -> Scheme {
        let mut rulebook: crate::score::Rulebook =
            toml::from_str(SIX_ONES).expect("the shipped rulebook");
        rulebook.recorders = vec![
            organ("office", "办公室", "conduct"),
            organ("special_committee", "专委会", "study"),
            organ("proposals", "提案委员会", "proposal"),
            organ("employer", "所在单位", "score"),
        ];
        Scheme::new(rulebook)
    }

    fn desk(office: bool, special: &[&str]) -> Desk {
        Desk {
            office,
            special_committees: special.iter().map(|name| (*name).to_owned()).collect(),
            all_special_committees: ["提案委", "经济委"].map(str::to_owned).to_vec(),
        }
    }

    fn recorded_by(desk: &Desk, kind: &str) -> Result<Option<String>, Vec<String>> {
        let person = Person::new(Subject::Member(MemberId(uuid::Uuid::nil())), &[]);
        let scheme = scheme();
        let found = desk.recorder(&scheme, kind, &Attributes::new(), &person);
        found
            .map(|key| key.map(str::to_owned))
            .map_err(|refused| refused.organs)
    }

    #[test]
    fn an_organ_records_what_the_rules_give_it() {
        let (office, proposals, economy) = (
            desk(true, &[]),
            desk(false, &["提案委"]),
            desk(false, &["经济委"]),
        );
        let key = |key: &str| Ok(Some(key.to_owned()));
        assert_eq!(recorded_by(&office, "conduct"), key("office"));
        assert_eq!(recorded_by(&proposals, "proposal"), key("proposals"));
        assert_eq!(recorded_by(&economy, "study"), key("special_committee"));
        assert_eq!(
            recorded_by(&economy, "proposal"),
            Err(vec!["提案委员会".to_owned()])
        );
        assert_eq!(
            recorded_by(&office, "proposal"),
            Err(vec!["提案委员会".to_owned()])
        );
    }

    #[test]
    fn what_the_rules_leave_open_names_no_organ() {
        assert_eq!(recorded_by(&desk(false, &["经济委"]), "award"), Ok(None));
    }

    #[test]
    fn the_office_enters_what_an_organ_without_a_seat_found() {
        assert_eq!(
            recorded_by(&desk(true, &[]), "score"),
            Ok(Some("employer".to_owned()))
        );
        assert_eq!(
            recorded_by(&desk(false, &["提案委"]), "score"),
            Err(vec!["所在单位".to_owned()])
        );
    }
}
