//! Whether every clause says how much it gives, of what there is, in a way that can be reached.

use std::collections::BTreeSet;

use super::super::amount::Amount;
use super::super::pattern::{Test, Tests};
use super::super::person::TRAITS;
use super::super::rulebook::{Reach, Rest, RowChoice, Rule, Split, Which};
use super::super::vocabulary::{Holds, Kind};
use super::apart::apart;
use super::pattern::{covers, trait_title};
use super::suggest::{named, unknown};
use super::{Check, TOTAL, Whose};

impl<'a> Check<'a> {
    pub(super) fn rules(&mut self, seen: &mut BTreeSet<&'a str>) {
        for (index, rule) in self.book.rules.iter().enumerate() {
            let at = format!("rules[{index}]");
            self.key_of_points(&format!("{at}.key"), &rule.key, seen);
            let whose = self.into(&at, rule);
            self.text(&format!("{at}.clause"), &rule.clause);
            self.text(&format!("{at}.title"), &rule.title);
            self.text(&format!("{at}.text"), &rule.text);
            self.optional_text(&format!("{at}.choice"), rule.choice.as_deref());
            self.patterns(&format!("{at}.counts"), &rule.counts, whose);
            self.text(&format!("{at}.unit"), &rule.unit);
            self.optional_text(&format!("{at}.proof"), rule.proof.as_deref());

            let kinds = self.kinds_of(&rule.counts);
            let kinds = kinds.as_deref();
            self.how_much(&at, rule);
            self.values(&at, rule, kinds, whose);
            self.reach(&format!("{at}.reach"), &rule.reach, whose);
            if let (Some(times), Some(kinds)) = (&rule.times, kinds) {
                self.number_of(&format!("{at}.times"), times, kinds);
            }
            self.splits(&format!("{at}.splits"), rule, kinds, whose);
            self.how_many(&at, rule);
            self.kept_between(&at, rule);
        }
    }

    /// Whom a rule assesses, by the part that it goes into.
    fn into(&mut self, at: &str, rule: &Rule) -> Whose {
        if let Some(subject) = self.subject_of_part(&rule.part) {
            return Whose::Of(subject);
        }
        let parts = self.book.parts.iter();
        let known: Vec<_> = parts
            .map(|part| (part.key.as_str(), part.title.as_str()))
            .chain([(TOTAL, "总分")])
            .collect();
        self.wrong(format!("{at}.part"), unknown("部分", &rule.part, &known));
        Whose::Unknown
    }

    fn how_much(&mut self, at: &str, rule: &Rule) {
        let given: Vec<&str> = [
            ("points", rule.points.is_some()),
            ("values", !rule.values.is_empty()),
            ("reach", !rule.reach.is_empty()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        if given.len() != 1 {
            let stands = if given.is_empty() {
                "一个也没有写".to_owned()
            } else {
                format!("写了 {}", given.join("、"))
            };
            self.wrong(
                at,
                format!(
                    "计多少分应在 points（每件分值）、values（分值表）、reach（达到数量得满分）\
                     中写且只写一个，这里{stands}"
                ),
            );
        }
        if let Some(points) = rule.points {
            self.points(&format!("{at}.points"), points);
        }
    }

    fn values(&mut self, at: &str, rule: &Rule, kinds: Option<&[&Kind]>, whose: Whose) {
        let rows = &rule.values;
        for (index, row) in rows.iter().enumerate() {
            let at = format!("{at}.values[{index}]");
            let told = self.errors.len();
            self.tests(&format!("{at}.when"), &row.when, kinds, whose);
            if told == self.errors.len() {
                self.counted_at_all(&at, rule, &row.when);
            }
            self.points(&format!("{at}.points"), row.points);
        }
        if rule.rows == RowChoice::First {
            let whens: Vec<_> = rows.iter().map(|row| &row.when).collect();
            self.reachable(&format!("{at}.values"), &whens);
        } else if rows.is_empty() {
            self.wrong(
                format!("{at}.rows"),
                format!(
                    "rows = \"{}\"（{}）只用于 values 分值表，这里没有分值表",
                    rule.rows,
                    rule.rows.zh()
                ),
            );
        }
    }

    /// What a row asks for must be among what the clause counts.
    fn counted_at_all(&mut self, at: &str, rule: &Rule, when: &Tests) {
        let vocabulary = self.vocabulary;
        let mut asked = None;
        for pattern in &rule.counts {
            let Some(kind) = vocabulary.kind(&pattern.kind) else {
                return;
            };
            match apart(kind, pattern, when) {
                None => return,
                Some(name) => asked = asked.or(Some((kind, name))),
            }
        }
        let Some((kind, name)) = asked else { return };
        let known = attribute_of(kind, name);
        self.wrong(
            format!("{at}.when.{name}"),
            format!("这一行永远轮不到：它要求的{known}不在 counts 所数的事之内"),
        );
    }

    /// Of rows of which the first that fits is taken, none may stand after one that fits all it
    /// fits.
    fn reachable(&mut self, at: &str, rows: &[&Tests]) {
        for (index, row) in rows.iter().enumerate() {
            let Some(earlier) = rows[..index]
                .iter()
                .position(|earlier| covers(earlier, row))
            else {
                continue;
            };
            let why = if rows[earlier].is_empty() {
                "没有 when，适用于其余一切情形，应放在最后"
            } else {
                "已包含这一行的情形，范围小的应放在前面"
            };
            self.wrong(
                format!("{at}[{index}]"),
                format!("这一行永远轮不到：第 {} 行{why}", earlier + 1),
            );
        }
    }

    fn reach(&mut self, at: &str, rows: &[Reach], whose: Whose) {
        for (index, row) in rows.iter().enumerate() {
            let at = format!("{at}[{index}]");
            self.traits(&format!("{at}.when"), &row.when, whose);
            if row.count <= Amount::ZERO {
                self.wrong(
                    format!("{at}.count"),
                    format!("得满分的数量是 {}，应大于 0", row.count),
                );
            }
            self.points(&format!("{at}.points"), row.points);
            if row.points <= Amount::ZERO {
                self.wrong(
                    format!("{at}.points"),
                    format!("满分是 {}，应大于 0；扣分请用 points 或 values", row.points),
                );
            }
        }
        let whens: Vec<_> = rows.iter().map(|row| &row.when).collect();
        self.reachable(at, &whens);
    }

    fn splits(&mut self, at: &str, rule: &Rule, kinds: Option<&[&Kind]>, whose: Whose) {
        let splits = &rule.splits;
        for (index, split) in splits.iter().enumerate() {
            let at = format!("{at}[{index}]");
            let told = self.errors.len();
            self.tests(&format!("{at}.when"), &split.when, kinds, whose);
            if told == self.errors.len() {
                self.counted_at_all(&at, rule, &split.when);
            }
            if let Some(first) = split.first
                && (first < Amount::ZERO || Amount::ONE < first)
            {
                self.wrong(
                    format!("{at}.first"),
                    format!("第一人所得是 {first}，应在 0 与 1 之间，如 \"1/2\""),
                );
            }
            if split.first.is_none() && split.rest == Rest::None {
                self.wrong(
                    format!("{at}.rest"),
                    "rest = \"none\"（其余不计）时应以 first 写明第一人所得，否则谁都不得分",
                );
            }
            if split.first == Some(Amount::ONE) && split.rest == Rest::Equal {
                self.wrong(
                    format!("{at}.rest"),
                    "第一人已得全部，其余没有可平均分配的；应写 rest = \"none\" 或 \"full\"",
                );
            }
            if split.most == Some(1) && split.first.is_some() && split.rest == Rest::Equal {
                self.wrong(
                    format!("{at}.most"),
                    "只有一人有份，没有其余的人可平均分配；应写 first = 1, rest = \"none\"",
                );
            }
            if split.most == Some(0) {
                self.wrong(format!("{at}.most"), "最多计几人应不小于 1");
            }
            for kind in kinds.unwrap_or_default() {
                if may_be_of(kind, &split.when) {
                    self.told_of_signers(&at, split, kind);
                }
            }
        }
        let whens: Vec<_> = splits.iter().map(|split| &split.when).collect();
        self.reachable(at, &whens);
    }

    /// What a kind must tell for one thing to be shared.
    fn told_of_signers(&mut self, at: &str, split: &Split, kind: &Kind) {
        let number = |name| {
            kind.attribute(name)
                .is_some_and(|attribute| attribute.holds == Holds::Number)
        };
        let role = kind.attribute("role").is_some();
        let asked = [
            (
                "first",
                split.first.is_some() && !role && !number("place"),
                "role（身份）或 place（署名次序），分不出第一人",
            ),
            (
                "rest",
                split.rest == Rest::Equal && !number("signers"),
                "signers（署名人数），无法平均分配",
            ),
            (
                "most",
                split.most.is_some() && !number("place"),
                "place（署名次序），无法只计前几人",
            ),
        ];
        for (name, missing, what) in asked {
            if missing {
                self.wrong(format!("{at}.{name}"), format!("{}没有 {what}", kind.title));
            }
        }
    }

    fn how_many(&mut self, at: &str, rule: &Rule) {
        if rule.from == 0 {
            self.wrong(format!("{at}.from"), "从第几件起计应不小于 1");
        }
        if rule.most == Some(0) {
            self.wrong(format!("{at}.most"), "最多计几件应不小于 1");
        }
        if rule.which != Which::Best && rule.most.is_none() {
            self.wrong(
                format!("{at}.which"),
                "which 说明超过 most 时先计哪几件，这里没有写 most",
            );
        }
        if let Some(each) = rule.each {
            self.shorter(&format!("{at}.each"), each);
        }
    }

    /// A clause that only takes away has no use for a highest number of points.
    fn limit_of_deductions(&mut self, at: &str, rule: &Rule) {
        let rows = rule.values.iter().map(|row| row.points);
        let given: Vec<Amount> = rule.points.into_iter().chain(rows).collect();
        let only_takes = given.iter().any(|points| points.is_negative())
            && given.iter().all(|points| *points <= Amount::ZERO);
        if !only_takes {
            return;
        }
        // A cap below nothing is told elsewhere.
        if let Some(cap) = rule.cap.filter(|cap| !cap.is_negative()) {
            self.wrong(
                format!("{at}.cap"),
                format!(
                    "这一条只扣分，上限 cap 限制不了扣分；“最多扣 {cap} 分”写 floor = {}",
                    -cap
                ),
            );
        }
        if let Some(cap) = rule.cap_in_all.filter(|cap| !cap.is_negative()) {
            self.wrong(
                format!("{at}.cap_in_all"),
                format!(
                    "这一条只扣分，cap_in_all 限制不了扣分；全期最多扣 {cap} 分的，\
                     请把这一条放进一个写了 floor = {} 的部分 [[parts]]",
                    -cap
                ),
            );
        }
    }

    fn kept_between(&mut self, at: &str, rule: &Rule) {
        self.ends(at, rule.floor, rule.cap);
        self.limit_of_deductions(at, rule);
        if let Some(cap) = rule.cap.filter(|cap| cap.is_negative()) {
            self.wrong(
                format!("{at}.cap"),
                format!("条款的上限 cap 不能是负数（{cap}）；扣分最多扣多少请写 floor"),
            );
        }
        if let Some(floor) = rule.floor.filter(|floor| Amount::ZERO < *floor) {
            self.wrong(
                format!("{at}.floor"),
                format!("条款的下限 floor 不能大于 0（{floor}），否则什么也没做也得分"),
            );
        }
        let Some(in_all) = rule.cap_in_all else {
            return;
        };
        let at = format!("{at}.cap_in_all");
        self.points(&at, in_all);
        if rule.each.is_none() {
            self.wrong(&at, "cap_in_all 只用于写了 each 的条款；全期上限请写 cap");
        }
        if in_all.is_negative() {
            self.wrong(&at, format!("全期上限不能是负数（{in_all}）"));
        }
        if rule.cap.is_some_and(|cap| in_all < cap) {
            self.wrong(&at, format!("全期上限（{in_all}）低于每段的上限 cap"));
        }
    }
}

/// An attribute as a clerk knows it.
fn attribute_of(kind: &Kind, name: &str) -> String {
    let title = kind.attribute(name).map_or_else(
        || trait_title(name).to_owned(),
        |attribute| attribute.title.clone(),
    );
    named(name, &title)
}

/// Whether facts of the kind can pass the tests at all.
fn may_be_of(kind: &Kind, tests: &Tests) -> bool {
    tests.iter().all(|(name, test)| {
        TRAITS.contains(&name.as_str())
            || kind.attribute(name).is_some()
            || matches!(test, Test::Not { .. } | Test::Is(false))
    })
}
