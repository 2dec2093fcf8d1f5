//! Sheets and proposals as plain text, for a terminal, for a printout and for the guide to
//! writing rulebooks, whose examples are held to it.

use std::fmt::Write as _;

use super::outside::Outside;
use super::review::{Proposal, Proposals};
use super::rulebook::Review;
use super::scheme::TOTAL;
use super::sheet::{Line, PartLine, RequirementLine, Sheet};

const TEXT: &str = "writing to a string does not fail";

macro_rules! put {
    ($text:expr, $($what:tt)+) => { writeln!($text, $($what)+).expect(TEXT) };
}

impl Sheet {
    /// The sheet of somebody of this name as plain text: the result, then how it comes about
    /// part by part, then what earned nothing and why.
    pub fn to_text(&self, name: &str) -> String {
        let mut text = String::new();
        let grade = self.grade.as_deref().map(|grade| format!("，{grade}"));
        let grade = grade.unwrap_or_default();
        put!(
            text,
            "{name}，{}：{} 分{grade}",
            self.period.zh(),
            self.total
        );
        if let Some(notice) = &self.notice {
            put!(text, "  注：{notice}");
        }
        self.put_held(&mut text, TOTAL, 1);
        put!(text, "  总分：{}", self.arithmetic);
        for one in &self.requirements {
            let RequirementLine {
                clause,
                title,
                finding,
                ..
            } = one;
            put!(text, "  必做 {clause} {title}：{}。{finding}", one.zh());
        }
        if let Some(note) = &self.grade_note {
            put!(text, "  等次说明：{note}");
        }
        if let Some(next) = &self.next_grade {
            let points =
                (next.points != crate::points::Points::ZERO).then(|| format!("{} 分", next.points));
            let missing: Vec<String> = points
                .into_iter()
                .chain(next.requirements.iter().map(|one| format!("「{one}」")))
                .collect();
            put!(
                text,
                "  离「{}」还差：{}（{} 止）",
                next.title,
                missing.join("、"),
                next.until
            );
        }
        self.put_attendance(&mut text);
        if let Some(stay) = self.stay {
            put!(text, "  在任：{}/{} 个整季度", stay.quarters, stay.of);
        }
        for one in &self.deemed {
            put!(text, "  视同：{}——{}：{}", one.title, one.clause, one.text);
        }
        for one in &self.unused {
            put!(
                text,
                "  不计分：{} {}——{}",
                one.on,
                one.title,
                one.explanation
            );
        }
        for one in &self.choices {
            put!(text, "  选定（{}）：{}", one.clause, one.text);
        }
        text
    }

    /// What goes into a part: the parts within it with what they hold, then the rules.
    fn put_held(&self, text: &mut String, part: &str, depth: usize) {
        let space = "  ".repeat(depth);
        for inner in self.parts.iter().filter(|inner| inner.part == part) {
            let PartLine {
                clause,
                title,
                arithmetic,
                ..
            } = inner;
            put!(text, "{space}{clause} {title}：{arithmetic}");
            self.put_held(text, &inner.key, depth + 1);
        }
        for line in self.lines.iter().filter(|line| line.part == part) {
            let Line {
                clause,
                title,
                arithmetic,
                ..
            } = line;
            put!(text, "{space}{clause} {title}：{arithmetic}");
            for fact in &line.facts {
                let worth = match (&fact.arithmetic, fact.exact) {
                    (Some(arithmetic), _) => format!("：{arithmetic}"),
                    (None, Some(exact)) => format!("：{exact} 分"),
                    (None, None) => String::new(),
                };
                put!(text, "{space}  · {} {}{worth}", fact.on, fact.title);
            }
        }
    }

    fn put_attendance(&self, text: &mut String) {
        let all = self.attendance;
        if all.invited == 0 {
            return;
        }
        let parts: Vec<String> = [
            ("出席", all.attended),
            ("请假", all.leave),
            ("免予考勤", all.exempt),
            ("缺席", all.absent),
        ]
        .into_iter()
        .filter(|(_, count)| 0 < *count)
        .map(|(word, count)| format!("，{word} {count} 次"))
        .collect();
        put!(text, "  受邀 {} 次{}", all.invited, parts.concat());
    }
}

impl Outside {
    /// Why somebody of this name has no sheet, and what was not counted therefore, as plain text.
    pub fn to_text(&self, name: &str) -> String {
        let mut text = String::new();
        put!(text, "{name}：{}", self.reason.zh());
        for one in &self.facts {
            put!(text, "  未计入：{} {}", one.on, one.title);
        }
        text
    }
}

impl Proposals {
    /// What a review proposes as plain text. `names` are those of the people, in the order in
    /// which they were given.
    pub fn to_text(&self, review: &Review, names: &[String]) -> String {
        let mut text = String::new();
        let by = &review.decided_by;
        put!(text, "{}（{}，由{by}决定）", review.title, review.clause);
        for (among, places) in &self.places {
            let among = if among.is_empty() { "全体" } else { among };
            put!(
                text,
                "  {among}：名额 {} 个，基数 {} 人",
                places.places,
                places.base
            );
        }
        for (group, places) in &self.nominations {
            let (number, of) = (places.places, places.base);
            put!(text, "  {group}：推荐 {number} 名，本组 {of} 人");
        }
        for (name, proposal) in names.iter().zip(&self.proposals) {
            if let Some(proposal) = proposal {
                put!(text, "  {name}：{}", proposal.to_text());
            }
        }
        text
    }
}

impl Proposal {
    fn to_text(&self) -> String {
        let mut text = self.outcome.zh().to_owned();
        if let Some(rung) = &self.rung {
            let (title, actor, by) = (&rung.title, &rung.actor, &rung.decided_by);
            write!(text, "，{title}（{actor}执行，{by}决定）").expect(TEXT);
        }
        for reason in &self.reasons {
            write!(text, "\n    {} {}", reason.clause, reason.text).expect(TEXT);
        }
        text
    }
}
