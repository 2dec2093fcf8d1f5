//! Whether a rulebook makes sense, asked before anybody is assessed by it.
//!
//! Everything that is wrong is named at once, in sentences that a clerk understands, with the
//! nearest word that would be right. What cannot be said in a rulebook is refused here rather
//! than scored wrongly. Reading the text of a file, and its lines and columns, is left to
//! [`file`](super::file).

mod apart;
mod condition;
mod grade;
mod kind;
mod part;
mod pattern;
mod review;
mod rule;
pub(super) mod suggest;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use super::amount::{Amount, RoundingMode};
use super::rulebook::{PeriodUnit, Rounding, Rulebook, SubjectKind, Total};
use super::scheme::TOTAL;
use super::vocabulary::Vocabulary;
use suggest::unknown;

/// No clause gives or takes more than this: beyond it a digit was typed too many.
const MOST_POINTS: Amount = Amount::whole(10_000);

/// Something in a rulebook that does not make sense.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct RulebookError {
    /// Where it stands, such as `rules[2].values[1].when.stage`.
    pub path: String,
    /// What stands there and what was expected, as a Chinese sentence.
    pub expected: String,
}

impl fmt::Display for RulebookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}：{}", self.path, self.expected)
    }
}

impl std::error::Error for RulebookError {}

impl Rulebook {
    /// Whether members can be assessed by it.
    ///
    /// # Errors
    /// Everything that is wrong, in the order in which a rulebook is written.
    pub fn check(&self) -> Result<(), Vec<RulebookError>> {
        let vocabulary = Vocabulary::usual().with(&self.kinds);
        let mut check = Check {
            book: self,
            vocabulary: &vocabulary,
            errors: Vec::new(),
        };
        check.head();
        check.kinds();
        check.recorders();
        check.deemed();
        let mut earning = BTreeSet::from([TOTAL]);
        check.parts(&mut earning);
        check.rules(&mut earning);
        check.requirements();
        check.grades();
        check.overrides();
        check.ranking();
        check.reviews();
        if check.errors.is_empty() {
            Ok(())
        } else {
            Err(check.errors)
        }
    }
}

/// A rulebook that is being checked.
struct Check<'a> {
    book: &'a Rulebook,
    vocabulary: &'a Vocabulary,
    errors: Vec<RulebookError>,
}

/// About whom a test asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// One kind of subject.
    Of(SubjectKind),
    /// Whoever the fact is about.
    Anyone,
    /// Not known, because what would tell it is wrong itself and was reported.
    Unknown,
}

impl<'a> Check<'a> {
    fn wrong(&mut self, at: impl Into<String>, expected: impl Into<String>) {
        self.errors.push(RulebookError {
            path: at.into(),
            expected: expected.into(),
        });
    }

    fn head(&mut self) {
        let book = self.book;
        self.key("key", &book.key);
        self.text("title", &book.title);
        if book.version == 0 {
            self.wrong("version", "版本号从 1 起，这里是 0");
        }
        self.optional_text("source", book.source.as_deref());
        self.optional_text("notice", book.notice.as_deref());
        self.period();
        self.totals();
        let everybody = match (&book.total, &book.group_total) {
            (None, Some(_)) => Whose::Of(SubjectKind::Group),
            _ => Whose::Of(SubjectKind::Member),
        };
        self.traits("assessed", &book.assessed, everybody);
    }

    fn period(&mut self) {
        let rule = &self.book.period;
        let Some((_, day)) = rule.start_day() else {
            return self.wrong(
                "period.starts",
                format!(
                    "「{}」不是每年都有的日期，应写成 月-日，如 01-01 或 03-15",
                    rule.starts
                ),
            );
        };
        let within_a_year = rule.unit.months().is_some_and(|months| months < 12);
        if within_a_year && 28 < day {
            self.wrong(
                "period.starts",
                format!(
                    "考核期为{}时，起始日应在 28 日以前，因为不是每个月都有 {day} 日",
                    rule.unit.zh()
                ),
            );
        }
    }

    fn totals(&mut self) {
        for (subject, at) in [
            (SubjectKind::Member, TOTAL),
            (SubjectKind::Group, "group_total"),
        ] {
            if let Some(total) = self.total_of(subject) {
                self.total(at, total);
                continue;
            }
            if self.assesses(subject) {
                self.wrong(
                    at,
                    format!(
                        "细则考核{}，但没有 [{at}]：应写明总分如何取整（没有总分就不考核）",
                        subject.zh()
                    ),
                );
            }
        }
        let nobody = [SubjectKind::Member, SubjectKind::Group]
            .into_iter()
            .all(|subject| self.total_of(subject).is_none() && !self.assesses(subject));
        if nobody {
            self.wrong(TOTAL, "没有 [total] 也没有 [group_total]，细则不考核任何人");
        }
    }

    /// Whether anything is said about members, or about groups.
    fn assesses(&self, subject: SubjectKind) -> bool {
        let book = self.book;
        let into = |part: &str| self.subject_of_part(part);
        book.parts.iter().any(|part| part.subject == subject)
            || book
                .rules
                .iter()
                .any(|rule| into(&rule.part) == Some(subject))
            || book.requirements.iter().any(|one| one.subject == subject)
            || book.grades.iter().any(|grade| grade.subject == subject)
            || book.reviews.iter().any(|review| review.subject == subject)
    }

    fn total(&mut self, at: &str, total: &Total) {
        self.limits(at, total.start, total.floor, total.cap);
        if total.cap.is_some_and(|cap| cap <= Amount::ZERO) {
            self.wrong(format!("{at}.cap"), "总分的上限 cap 应大于 0");
        }
        self.rounding(&format!("{at}.rounding"), total.rounding);
        self.whole_steps(at, total);
        self.optional_text(&format!("{at}.choice"), total.choice.as_deref());
    }

    /// Rounding comes last: an end between two steps would be rounded beyond.
    fn whole_steps(&mut self, at: &str, total: &Total) {
        let step = total.rounding.to;
        let ends = [("floor", "下限", total.floor), ("cap", "上限", total.cap)];
        for (name, title, end) in ends {
            if let Some(end) = end.filter(|end| end.rounded(step, RoundingMode::Down) != *end) {
                self.wrong(
                    format!("{at}.{name}"),
                    format!(
                        "总分最后按 {step} 取整，会越过{title} {end}；{name} 应为 {step} 的整数倍，\
                         或把 rounding 的 to 改小"
                    ),
                );
            }
        }
    }

    fn rounding(&mut self, at: &str, rounding: Rounding) {
        let steps = [(1, 1), (1, 2), (1, 10), (1, 100)];
        let known = steps.map(|(part, of)| Amount::fraction(part, of));
        if !known.contains(&rounding.to) {
            self.wrong(
                format!("{at}.to"),
                format!(
                    "取整的单位是 {}，应为 1、0.5、0.1、0.01 之一（分数最多两位小数）",
                    rounding.to
                ),
            );
        }
    }

    /// Where something begins and between which ends it stays.
    fn limits(&mut self, at: &str, start: Amount, floor: Option<Amount>, cap: Option<Amount>) {
        self.points(&format!("{at}.start"), start);
        self.ends(at, floor, cap);
        if let Some(cap) = cap.filter(|cap| *cap < start) {
            self.wrong(
                format!("{at}.cap"),
                format!("上限 cap（{cap}）低于起始分 start（{start}）"),
            );
        }
    }

    fn ends(&mut self, at: &str, floor: Option<Amount>, cap: Option<Amount>) {
        if let Some(floor) = floor {
            self.points(&format!("{at}.floor"), floor);
        }
        if let Some(cap) = cap {
            self.points(&format!("{at}.cap"), cap);
        }
        if let (Some(floor), Some(cap)) = (floor, cap)
            && cap < floor
        {
            self.wrong(
                format!("{at}.cap"),
                format!("上限 cap（{cap}）低于下限 floor（{floor}）"),
            );
        }
    }

    /// A number of points that a clause can give or take.
    fn points(&mut self, at: &str, points: Amount) {
        if points < -MOST_POINTS || MOST_POINTS < points {
            self.wrong(
                at,
                format!("{points} 分大得不合情理，分值应在 -{MOST_POINTS} 与 {MOST_POINTS} 之间"),
            );
        }
    }

    fn text(&mut self, at: &str, text: &str) {
        if text.trim().is_empty() {
            self.wrong(at, "不能为空，应写明内容");
        }
    }

    fn optional_text(&mut self, at: &str, text: Option<&str>) {
        if text.is_some_and(|text| text.trim().is_empty()) {
            self.wrong(at, "写了就不能为空；没有内容时请删去这一行");
        }
    }

    fn key(&mut self, at: &str, key: &str) {
        let begins = key.starts_with(|letter: char| letter.is_ascii_lowercase());
        let plain = |letter: u8| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if !begins || !key.bytes().all(plain) || 64 < key.len() {
            self.wrong(
                at,
                format!(
                    "「{key}」不能作名称：应以小写英文字母开头，只用小写字母、数字和下划线，\
                     最多 64 个字符，如 six_ones"
                ),
            );
        }
    }

    /// The key of one table of a list, which no other has.
    fn own_key<'k>(&mut self, at: &str, key: &'k str, seen: &mut BTreeSet<&'k str>) {
        let at = format!("{at}.key");
        self.key(&at, key);
        self.once(&at, key, seen);
    }

    fn once<'k>(&mut self, at: &str, key: &'k str, seen: &mut BTreeSet<&'k str>) {
        if !seen.insert(key) {
            self.wrong(at, format!("名称 {key} 用了两次，每个名称只能用一次"));
        }
    }

    /// How the points of a subject become its total.
    fn total_of(&self, subject: SubjectKind) -> Option<&'a Total> {
        match subject {
            SubjectKind::Member => self.book.total.as_ref(),
            SubjectKind::Group => self.book.group_total.as_ref(),
        }
    }

    /// Whom a part assesses; the total itself is the members'.
    fn subject_of_part(&self, key: &str) -> Option<SubjectKind> {
        if key == TOTAL {
            return Some(SubjectKind::Member);
        }
        let part = self.book.parts.iter().find(|part| part.key == key);
        part.map(|part| part.subject)
    }

    /// Every part and rule that gives a subject points, with its title.
    fn earning(&self, subject: SubjectKind) -> Vec<(&'a str, &'a str)> {
        let parts = self.book.parts.iter();
        let parts = parts
            .filter(|part| part.subject == subject)
            .map(|part| (part.key.as_str(), part.title.as_str()));
        let rules = self.book.rules.iter();
        // Of a rule whose part is not known, that is what is wrong.
        let into = |part: &str| self.subject_of_part(part).unwrap_or(subject);
        let rules = rules
            .filter(|rule| into(&rule.part) == subject)
            .map(|rule| (rule.key.as_str(), rule.title.as_str()));
        parts.chain(rules).collect()
    }

    /// Keys of parts and rules that decide among equals.
    fn order(&mut self, at: &str, order: &[String], subject: SubjectKind) {
        let known = self.earning(subject);
        let mut seen = BTreeSet::new();
        for (index, key) in order.iter().enumerate() {
            let at = format!("{at}[{index}]");
            if key == TOTAL {
                self.wrong(
                    &at,
                    "先按总分排列，无须再写 total；这里写总分相同时再比的部分或条款",
                );
            } else {
                self.one_of(&at, &format!("{}的部分或条款", subject.zh()), key, &known);
            }
            self.once(&at, key, &mut seen);
        }
    }

    /// A name that must be one of those known.
    fn one_of(&mut self, at: &str, what: &str, name: &str, known: &[(&str, &str)]) {
        if known.iter().all(|(key, _)| *key != name) {
            self.wrong(at, unknown(what, name, known));
        }
    }

    /// A part of the period that something is counted in separately.
    fn shorter(&mut self, at: &str, unit: PeriodUnit) {
        let period = self.book.period.unit;
        let months = |unit: PeriodUnit| unit.months().unwrap_or(60);
        if months(period) <= months(unit) {
            self.wrong(
                at,
                format!(
                    "each 应短于考核期：考核期为{}，不能再按{}分别计算",
                    period.zh(),
                    unit.zh()
                ),
            );
        }
    }
}
