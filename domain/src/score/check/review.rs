//! Whether what follows from results can be worked out: rankings, picks, ladders, nominations.

use std::collections::BTreeSet;

use super::super::amount::Amount;
use super::super::rulebook::{Nomination, Partition, Pick, Review, SubjectKind};
use super::Check;
use super::condition::Asked;

impl Check<'_> {
    pub(super) fn ranking(&mut self) {
        let Some(ranking) = &self.book.ranking else {
            return;
        };
        if self.book.total.is_none() {
            self.wrong("ranking", "按总分排名，但细则没有 [total]");
        }
        self.order("ranking.order", &ranking.order, SubjectKind::Member);
        self.optional_text("ranking.clause", ranking.clause.as_deref());
    }

    pub(super) fn reviews(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, review) in self.book.reviews.iter().enumerate() {
            let at = format!("reviews[{index}]");
            self.own_key(&at, &review.key, &mut seen);
            let asked = Asked::at_the_end(review.subject);
            self.text(&format!("{at}.title"), &review.title);
            self.text(&format!("{at}.clause"), &review.clause);
            self.text(&format!("{at}.text"), &review.text);
            self.optional_text(&format!("{at}.choice"), review.choice.as_deref());
            if let Some(candidates) = &review.candidates {
                self.condition(&format!("{at}.candidates"), candidates, asked);
            }
            if let Some(excluded) = &review.excluded {
                self.condition(&format!("{at}.excluded"), excluded, asked);
            }
            if let Some(pick) = &review.pick {
                self.pick(&format!("{at}.pick"), pick, asked);
            }
            self.rungs(&format!("{at}.rungs"), review, asked);
            if let Some(nomination) = &review.nominations {
                self.nomination(&format!("{at}.nominations"), nomination, review.subject);
            }
            self.text(&format!("{at}.decided_by"), &review.decided_by);
            self.workdays(
                &format!("{at}.publication_workdays"),
                review.publication_workdays,
            );
            self.workdays(&format!("{at}.answer_workdays"), review.answer_workdays);
            let chooses = review.candidates.is_some()
                || review.pick.is_some()
                || review.nominations.is_some()
                || !review.rungs.is_empty();
            if !chooses {
                self.wrong(
                    &at,
                    "没有说明提出哪些人：应写 candidates（条件）、pick（名额）、rungs（逐级处理）\
                     或 nominations（推荐）",
                );
            }
        }
    }

    fn rungs(&mut self, at: &str, review: &Review, asked: Asked) {
        let mut seen = BTreeSet::new();
        for (index, rung) in review.rungs.iter().enumerate() {
            let at = format!("{at}[{index}]");
            self.own_key(&at, &rung.key, &mut seen);
            self.text(&format!("{at}.title"), &rung.title);
            self.text(&format!("{at}.clause"), &rung.clause);
            self.condition(&format!("{at}.when"), &rung.when, asked);
            self.text(&format!("{at}.actor"), &rung.actor);
            self.optional_text(&format!("{at}.decided_by"), rung.decided_by.as_deref());
        }
    }

    pub(super) fn pick(&mut self, at: &str, pick: &Pick, asked: Asked) {
        let subject = asked.subject;
        if self.total_of(subject).is_none() {
            self.wrong(
                at,
                format!("名额按总分排列，但细则没有规定{}的总分", subject.zh()),
            );
        }
        self.places(at, pick.percent, pick.count);
        let among_groups = matches!(pick.per, Partition::Whole | Partition::SpecialCommittee);
        if subject == SubjectKind::Group && !among_groups {
            self.wrong(
                format!("{at}.per"),
                format!(
                    "活动组之间不能按{}分别取，应为 whole（全体）或 special_committee（专委会）",
                    pick.per.zh()
                ),
            );
        }
        match (pick.percent, pick.count, pick.rounding) {
            (Some(_), _, None) => self.wrong(
                format!("{at}.rounding"),
                "按百分比取人数时应写 rounding：half_up（四舍五入）、down（舍去）或 up（进一）",
            ),
            (None, Some(_), Some(_)) => self.wrong(
                format!("{at}.rounding"),
                "rounding 只用于百分比 percent，这里请删去",
            ),
            _ => {}
        }
        if let Some(base) = &pick.base {
            let at = format!("{at}.base");
            if pick.percent.is_none() && pick.count.is_some() {
                self.wrong(&at, "base 说明百分比以谁为基数，只用于 percent");
            }
            self.condition(&at, base, asked);
        }
        self.order(&format!("{at}.order"), &pick.order, subject);
    }

    fn nomination(&mut self, at: &str, nomination: &Nomination, subject: SubjectKind) {
        if subject == SubjectKind::Group {
            self.wrong(at, "活动组推荐的是委员，这项评议的对象却是活动组");
        }
        self.places(at, nomination.percent, nomination.count);
    }

    /// How many: a percentage or a number.
    fn places(&mut self, at: &str, percent: Option<Amount>, count: Option<u32>) {
        if percent.is_some() == count.is_some() {
            self.wrong(at, "percent（百分比）与 count（人数）应写且只写一个");
        }
        if let Some(percent) = percent
            && !(Amount::ONE..=Amount::whole(100)).contains(&percent)
        {
            self.wrong(
                format!("{at}.percent"),
                format!("百分之几应在 1 与 100 之间，百分之三十写 30，不写 0.3；这里是 {percent}"),
            );
        }
        if count == Some(0) {
            self.wrong(format!("{at}.count"), "人数应不小于 1");
        }
    }

    fn workdays(&mut self, at: &str, days: Option<u32>) {
        if let Some(days) = days
            && !(1..=250).contains(&days)
        {
            self.wrong(at, format!("工作日数应在 1 与 250 之间，这里是 {days}"));
        }
    }
}
