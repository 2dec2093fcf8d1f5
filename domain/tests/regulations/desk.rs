//! A desk with one rulebook on it: reads facts in the words of the rulebook and says what they
//! come to.
//!
//! Facts are written as in 「出席 常委会议 缺席 ×2；提案 立案 联名 第一提交人 署名人数=3」: the name of a
//! kind, then words of its attributes. A number, or a word that two attributes know, is written
//! `署名人数=3`. Beyond these: `×2` is two of them, `06-30` or `2026-06-30` is the day, `#甲` the
//! reference, `@2` another member of the group, `记录=办公室` who recorded it, `未核实` that nobody
//! verified it. Facts without a day happen on the first days of the period, one a day.

use chrono::{Days, NaiveDate};
use domain::ids::{FactId, GroupId, MemberId};
use domain::score::{
    Assessed, Attribute, Candidate, Closed, Fact, Holds, Kind, Outcome, Period, Person, Proposals,
    Record, Review, Rulebook, Scheme, Sheet, Subject, UnusedReason, Value,
};
use uuid::Uuid;

/// The first year of the term.
pub const FIRST: i32 = 2026;

/// One rulebook, and whose sheet is computed under it.
pub struct Desk {
    scheme: Scheme,
    person: Person,
}

/// The text of a rulebook.
pub fn text_of(book: &str) -> String {
    let path = format!("{}/rulebooks/{book}.toml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl Desk {
    /// With a member who is neither of the standing committee nor a chair.
    pub fn with(book: &str) -> Self {
        let rulebook: Rulebook =
            toml::from_str(&text_of(book)).unwrap_or_else(|error| panic!("{book}: {error}"));
        Self {
            scheme: Scheme::new(rulebook),
            person: member(1, "member", "经济界", "第一组"),
        }
    }

    /// The member is of the standing committee.
    pub fn standing(mut self) -> Self {
        self.person = member(1, "standing_member", "经济界", "第一组");
        self
    }

    /// An activity group instead of a member.
    pub fn group(mut self) -> Self {
        let group = Subject::Group(GroupId(Uuid::from_u128(1)));
        self.person = Person::new(group, &[("group", "第一组")]);
        self
    }

    /// In office only from this day on.
    pub fn joined(mut self, day: &str) -> Self {
        self.person.joined_on = Some(day.parse().expect("a day such as 2026-04-01"));
        self
    }

    pub fn rulebook(&self) -> &Rulebook {
        self.scheme.rulebook()
    }

    pub fn review(&self, key: &str) -> &Review {
        let mut reviews = self.rulebook().reviews.iter();
        reviews
            .find(|one| one.key == key)
            .unwrap_or_else(|| panic!("no review {key}"))
    }

    /// Whether the rulebook assesses such a member.
    pub fn assesses(&self, position: &str) -> bool {
        self.scheme
            .assesses(&member(1, position, "经济界", "第一组"))
    }

    /// The sheet of the first year of the term.
    pub fn sheet(&self, facts: &str) -> Sheet {
        let facts = self.facts(FIRST, facts);
        self.scheme
            .sheet(self.period(FIRST), Record::of(&self.person, &facts))
    }

    /// What a rule, a part, or the `total` comes to, exactly, for each of these.
    #[track_caller]
    pub fn earns(&self, key: &str, cases: &[(&str, &str)]) {
        for (facts, expected) in cases {
            let sheet = self.sheet(facts);
            let found = match key {
                "total" => sheet.total.to_string(),
                _ => sheet
                    .points_by_key()
                    .get(key)
                    .unwrap_or_else(|| panic!("no {key}"))
                    .to_string(),
            };
            assert_eq!(found, *expected, "{key}：{facts}");
        }
    }

    /// How a rule, a part, or the `total` is calculated, as the sheet words it.
    pub fn arithmetic(&self, key: &str, facts: &str) -> String {
        let sheet = self.sheet(facts);
        let line = sheet.lines.iter().find(|line| line.key == key);
        let part = sheet.parts.iter().find(|part| part.key == key);
        match (line, part) {
            _ if key == "total" => sheet.arithmetic,
            (Some(line), _) => line.arithmetic.clone(),
            (_, Some(part)) => part.arithmetic.clone(),
            _ => panic!("no {key}"),
        }
    }

    /// The grade for each of these.
    #[track_caller]
    pub fn grades(&self, cases: &[(&str, &str)]) {
        for (facts, expected) in cases {
            let sheet = self.sheet(facts);
            assert_eq!(
                sheet.grade.as_deref(),
                Some(*expected),
                "{facts}：{}",
                sheet.arithmetic
            );
        }
    }

    /// Whether a requirement is met, for each of these.
    #[track_caller]
    pub fn meets(&self, key: &str, cases: &[(&str, bool)]) {
        for (facts, expected) in cases {
            let sheet = self.sheet(facts);
            let line = sheet.requirements.iter().find(|line| line.key == key);
            let line = line.unwrap_or_else(|| panic!("no requirement {key}"));
            assert_eq!(line.met, *expected, "{key}：{facts}：{}", line.finding);
        }
    }

    /// Why facts earned nothing, by date.
    pub fn unused(&self, facts: &str) -> Vec<UnusedReason> {
        self.sheet(facts)
            .unused
            .iter()
            .map(|one| one.reason)
            .collect()
    }

    /// What a review proposes at the end of the last of these years of one term: the rung where
    /// there is a ladder, otherwise 「列入」; nothing where it proposes nothing.
    pub fn proposes(&self, review: &str, years: &[&str]) -> Option<String> {
        let candidate = self.candidate(years, None);
        let proposals = self.scheme.propose(self.review(review), &[candidate]);
        let proposal = proposals.proposals[0].clone()?;
        (proposal.outcome == Outcome::In).then(|| {
            proposal
                .rung
                .map_or_else(|| "列入".to_owned(), |rung| rung.title)
        })
    }

    /// What a review proposes for each of these histories.
    #[track_caller]
    pub fn proposals(&self, review: &str, cases: &[(&[&str], Option<&str>)]) {
        for (years, expected) in cases {
            let found = self.proposes(review, years);
            assert_eq!(found.as_deref(), *expected, "{review}：{years:?}");
        }
    }

    /// The member at the end of the last of these years; the year before which he was out of
    /// office, where there was one.
    pub fn candidate(&self, years: &[&str], back_in: Option<i32>) -> Candidate {
        let facts: Vec<Fact> = (FIRST..)
            .zip(years)
            .flat_map(|(year, facts)| self.facts(year, facts))
            .collect();
        let mut closed: Vec<Closed> = Vec::new();
        let mut last = None;
        for year in (FIRST..).take(years.len()) {
            let after_break = back_in == Some(year);
            let record = Record {
                person: &self.person,
                facts: &facts,
                closed: &closed,
                after_break,
            };
            let sheet = self.scheme.sheet(self.period(year), record);
            last = Some((sheet.clone(), closed.clone(), after_break));
            closed.push(sheet.closed(after_break));
        }
        let (sheet, closed, after_break) = last.expect("at least one year");
        Candidate {
            assessed: Assessed {
                person: self.person.clone(),
                sheet,
            },
            facts: facts.into(),
            closed,
            after_break,
        }
    }

    /// Several people in the first year: position, sector, group and facts of each.
    pub fn people(&self, people: &[(&str, &str, &str, &str)]) -> Vec<Candidate> {
        (1..)
            .zip(people)
            .map(|(number, (position, sector, group, facts))| {
                let person = member(number, position, sector, group);
                let desk = Self {
                    scheme: self.scheme.clone(),
                    person,
                };
                desk.candidate(&[facts], None)
            })
            .collect()
    }

    /// As many members of one group, the first with the fewest points, each one more.
    pub fn crowd(&self, count: u128, facts: impl Fn(u128) -> String) -> Vec<Candidate> {
        (1..=count)
            .map(|number| {
                let person = match self.person.subject {
                    Subject::Member(_) => member(number, "member", "经济界", "第一组"),
                    Subject::Group(_) => Person::new(
                        Subject::Group(GroupId(Uuid::from_u128(number))),
                        &[("group", "某组")],
                    ),
                };
                let desk = Self {
                    scheme: self.scheme.clone(),
                    person,
                };
                desk.candidate(&[&facts(number)], None)
            })
            .collect()
    }

    pub fn propose(&self, review: &str, people: &[Candidate]) -> Proposals {
        self.scheme.propose(self.review(review), people)
    }

    /// What a review makes of each of these people.
    pub fn outcomes(&self, review: &str, people: &[Candidate]) -> Vec<Outcome> {
        let proposals = self.propose(review, people).proposals;
        proposals
            .into_iter()
            .map(|one| one.expect("a member").outcome)
            .collect()
    }

    /// The grades after quotas.
    pub fn after_quota(&self, mut people: Vec<Candidate>) -> Vec<String> {
        self.scheme.keep_quotas(&mut people);
        people
            .into_iter()
            .map(|one| one.assessed.sheet.grade.expect("grades are given"))
            .collect()
    }

    /// The place of each: among whom, of how many, which.
    pub fn ranks(&self, people: &[Candidate]) -> Vec<(String, u32, u32)> {
        let ranks = self
            .scheme
            .rank(people.iter().map(|one| one.assessed.parts()));
        ranks
            .into_iter()
            .map(|one| (one.among, one.of, one.rank))
            .collect()
    }

    fn period(&self, year: i32) -> Period {
        let rule = &self.rulebook().period;
        let (month, day) = rule.start_day().expect("a day that every year has");
        rule.around(NaiveDate::from_ymd_opt(year, month, day).expect("every year has it"))
    }

    fn facts(&self, year: i32, text: &str) -> Vec<Fact> {
        let mut facts: Vec<Fact> = Vec::new();
        let first = self.period(year).first;
        for sentence in text
            .split('；')
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            let read = Sentence::read(self, year, sentence);
            for _ in 0..read.times {
                let nth = facts.len() as u64;
                let mut fact = read.fact.clone();
                fact.id = FactId(Uuid::from_u128(
                    u128::from(nth) + 1 + u128::from(year.unsigned_abs()) * 1000,
                ));
                fact.on = read.on.unwrap_or(first + Days::new(nth));
                facts.push(fact);
            }
        }
        facts
    }
}

fn member(number: u128, position: &str, sector: &str, group: &str) -> Person {
    Person::new(
        Subject::Member(MemberId(Uuid::from_u128(number))),
        &[("position", position), ("sector", sector), ("group", group)],
    )
}

/// One sentence of facts.
struct Sentence {
    fact: Fact,
    times: u32,
    on: Option<NaiveDate>,
}

impl Sentence {
    fn read(desk: &Desk, year: i32, sentence: &str) -> Self {
        let mut tokens = sentence.split_whitespace();
        let title = tokens.next().expect("a sentence names a kind");
        let mut kinds = desk.scheme.vocabulary().kinds();
        let kind = kinds
            .find(|kind| kind.title == title || kind.key == title)
            .unwrap_or_else(|| panic!("no kind 「{title}」 in 「{sentence}」"));
        let mut read = Self {
            fact: Fact {
                id: FactId(Uuid::nil()),
                subject: desk.person.subject,
                kind: kind.key.clone(),
                on: NaiveDate::MIN,
                title: sentence.to_owned(),
                reference: None,
                attributes: domain::score::Attributes::new(),
                recorder: None,
                verified: true,
                reverses: None,
            },
            times: 1,
            on: None,
        };
        for token in tokens {
            read.token(desk, year, kind, token)
                .unwrap_or_else(|| panic!("cannot read 「{token}」 in 「{sentence}」"));
        }
        read
    }

    fn token(&mut self, desk: &Desk, year: i32, kind: &Kind, token: &str) -> Option<()> {
        if let Some(times) = token.strip_prefix('×') {
            self.times = times.parse().ok()?;
        } else if let Some(reference) = token.strip_prefix('#') {
            self.fact.reference = Some(reference.to_owned());
        } else if let Some(number) = token.strip_prefix('@') {
            self.fact.subject = Subject::Member(MemberId(Uuid::from_u128(number.parse().ok()?)));
        } else if token == "未核实" {
            self.fact.verified = false;
        } else if let Ok(day) = token.parse().or_else(|_| format!("{year}-{token}").parse()) {
            self.on = Some(day);
        } else if let Some((name, value)) = token.split_once('=') {
            return self.named(desk, kind, name, value);
        } else {
            let attribute = kind.attributes.iter().find(|one| {
                (one.holds == Holds::Flag && one.title == token) || word_of(one, token).is_some()
            })?;
            return self.set(attribute, token);
        }
        Some(())
    }

    fn named(&mut self, desk: &Desk, kind: &Kind, name: &str, value: &str) -> Option<()> {
        if name == "记录" {
            let recorders = &desk.rulebook().recorders;
            let recorder = recorders.iter().find(|one| one.title == value)?;
            self.fact.recorder = Some(recorder.key.clone());
            return Some(());
        }
        let attributes = &kind.attributes;
        let attribute = attributes.iter().find(|one| one.title.starts_with(name))?;
        self.set(attribute, value)
    }

    fn set(&mut self, attribute: &Attribute, token: &str) -> Option<()> {
        let value = match attribute.holds {
            Holds::Flag => Value::Flag(token != "否"),
            Holds::Number | Holds::Text => Value::Word(token.to_owned()),
            Holds::Word => Value::Word(word_of(attribute, token)?),
            Holds::Words => {
                let known = self.fact.attributes.get(&attribute.key);
                let mut words = known
                    .map(|value| value.words().to_vec())
                    .unwrap_or_default();
                words.push(word_of(attribute, token)?);
                Value::Words(words)
            }
        };
        self.fact.attributes.insert(attribute.key.clone(), value);
        Some(())
    }
}

fn word_of(attribute: &Attribute, title: &str) -> Option<String> {
    let word = attribute.words.iter().find(|word| word.title == title)?;
    Some(word.key.clone())
}
