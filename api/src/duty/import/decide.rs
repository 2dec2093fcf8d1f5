//! What each row of a list means here: whether it is recorded already and has become more, and
//! what it was converted from. Nothing is guessed.

use std::collections::{HashMap, HashSet};

use domain::duty::{DutyStatus, Growth};
use domain::ids::{DutyRecordId, GroupId, MemberId};
use domain::score::{Attributes, Kind, Subject, Value};
use entity::duty_record;

use super::name::{Named, State};
use super::plan::{Action, Known, PlannedRow, Sign, Step};
use super::rows::Read;
use crate::duty::filing::attributes;
use crate::duty::queries::normal_title;
use crate::duty::recording::Recording;
use crate::duty::vocabulary;
use crate::error::Result;
use crate::extract::Fields;
use crate::spreadsheet::Issue;

/// The records by what rows are looked up with.
pub(super) struct Lookup<'a> {
    state: &'a State,
    recording: &'a Recording,
    by_number: HashMap<&'a str, Vec<&'a duty_record::Model>>,
    by_title: HashMap<String, Vec<&'a duty_record::Model>>,
    by_thing: HashMap<DutyRecordId, Vec<&'a duty_record::Model>>,
    /// Numbers and titles that rows above had, and in which row.
    numbers: HashMap<String, usize>,
    titles: HashMap<(String, Subject), usize>,
    meant: HashSet<DutyRecordId>,
}

impl<'a> Lookup<'a> {
    /// Nothing was looked up yet.
    pub fn new(state: &'a State, recording: &'a Recording) -> Self {
        let mut lookup = Self {
            state,
            recording,
            by_number: HashMap::new(),
            by_title: HashMap::new(),
            by_thing: HashMap::new(),
            numbers: HashMap::new(),
            titles: HashMap::new(),
            meant: HashSet::new(),
        };
        for row in &state.records {
            if let Some(number) = &row.reference_no {
                lookup.by_number.entry(number).or_default().push(row);
            }
            let title = normal_title(&row.title);
            lookup.by_title.entry(title).or_default().push(row);
            lookup.by_thing.entry(row.thing_id).or_default().push(row);
        }
        for rows in lookup.by_thing.values_mut() {
            rows.sort_by_key(|row| row.place);
        }
        lookup
    }

    /// Decides what a row does.
    pub fn decide(&mut self, row: Named, planned: &mut PlannedRow) -> Result<()> {
        let Named { read, who } = row;
        self.repeats(&read, &who, planned);
        if who.is_empty() {
            return Ok(());
        }
        let told = self.told(&read, who.len(), who[0].0.is_none(), planned);
        let mut signers = Vec::with_capacity(who.len());
        for (place, (member, group)) in (1..).zip(&who) {
            let attributes = signed(&self.state.kind, &told, place, who.len());
            let mut sign = Sign {
                member: *member,
                group: *group,
                place,
                attributes,
                recorder: None,
            };
            self.check(&read, &mut sign, planned);
            signers.push(sign);
        }
        if !planned.errors.is_empty() {
            return Ok(());
        }
        let mut step = Step {
            action: Action::Create,
            number: read.number,
            document: read.document,
            title: read.title,
            content: read.content,
            day: read.day,
            signers,
            converted_from: None,
            seen: Vec::new(),
            known: None,
            growth: Growth::default(),
            new_number: None,
        };
        self.recorded(&mut step, planned)?;
        self.converted(&mut step, read.from.as_ref(), planned);
        if planned.errors.is_empty() {
            planned.step = Some(step);
        }
        Ok(())
    }

    /// What the file itself says twice.
    fn repeats(
        &mut self,
        read: &Read,
        who: &[(Option<MemberId>, GroupId)],
        planned: &mut PlannedRow,
    ) {
        if let Some(number) = &read.number {
            let first = *self.numbers.entry(number.clone()).or_insert(planned.row);
            if first != planned.row {
                let message = format!("编号与第 {first} 行重复");
                planned
                    .errors
                    .push(Issue::new("编号", "duplicate_number", message));
                return;
            }
        }
        if let Some((member, group)) = who.first() {
            let subject = member.map_or(Subject::Group(*group), Subject::Member);
            let key = (normal_title(&read.title), subject);
            let first = *self.titles.entry(key).or_insert(planned.row);
            if first != planned.row {
                let message = format!("与第 {first} 行的标题和署名相同");
                planned
                    .errors
                    .push(Issue::new("标题", "duplicate_title", message));
            }
        }
    }

    /// What the kind tells of the thing, with the form that the names show.
    fn told(
        &self,
        read: &Read,
        count: usize,
        of_group: bool,
        planned: &mut PlannedRow,
    ) -> Attributes {
        let mut told = read.attributes.clone();
        let Some(form) = self.state.kind.attribute("form") else {
            return told;
        };
        let shown = match (of_group, count) {
            (true, _) => "collective",
            (false, 1) => "individual",
            (false, _) => "joint",
        };
        if form.words.iter().all(|word| word.key != shown) {
            return told;
        }
        let shown_word = Value::Word(shown.to_owned());
        let given = told
            .entry("form".to_owned())
            .or_insert_with(|| shown_word.clone());
        if *given != shown_word {
            let message = "与署名的人数不一致，请核对";
            planned
                .warnings
                .push(Issue::new(&form.title, "form_differs", message));
        }
        told
    }

    /// Whether the rules of the day know it and let the clerk record it.
    fn check(&self, read: &Read, sign: &mut Sign, planned: &mut PlannedRow) {
        let subject = sign.subject();
        let checked = self.recording.scheme(read.day).and_then(|scheme| {
            let mut fields = Fields::default();
            let kind = &self.state.kind.key;
            vocabulary::check(scheme, kind, &sign.attributes, &mut fields);
            vocabulary::check_basis(kind, subject, &sign.attributes, 0, &mut fields);
            fields.finish()?;
            self.recording
                .recorder(read.day, subject, kind, &sign.attributes)
        });
        match checked {
            Ok(recorder) => sign.recorder = recorder,
            Err(refused) if refused.errors.is_empty() => {
                let issue = Issue::new("", "wrong_recorder", refused.detail.to_string());
                if !planned.errors.contains(&issue) {
                    planned.errors.push(issue);
                }
            }
            Err(refused) => {
                for error in refused.errors {
                    let name = error.pointer.rsplit('/').next().unwrap_or_default();
                    let column = self.state.kind.attribute(name);
                    let column = column.map_or("", |attribute| attribute.title.as_str());
                    let issue = Issue::new(column, error.code, error.message);
                    if !planned.errors.contains(&issue) {
                        planned.errors.push(issue);
                    }
                }
            }
        }
    }

    /// Whether it is recorded already, and what it has become since.
    fn recorded(&mut self, step: &mut Step, planned: &mut PlannedRow) -> Result<()> {
        let resembling = self.resembling(step);
        step.seen = resembling.iter().map(|row| row.id).collect();
        let title = normal_title(&step.title);
        let same_number = |row: &duty_record::Model| {
            row.reference_no.is_some() && row.reference_no == step.number
        };
        let same_title = |row: &duty_record::Model| normal_title(&row.title) == title;
        let number_differs = |row: &duty_record::Model| {
            row.reference_no.is_some() && step.number.is_some() && row.reference_no != step.number
        };
        for row in &resembling {
            if same_number(row) && !same_title(row) {
                let message = format!("编号已用于「{}」（{}）", row.title, row.status.zh());
                if row.status == DutyStatus::Verified {
                    planned
                        .errors
                        .push(Issue::new("编号", "number_taken", message));
                } else {
                    planned
                        .warnings
                        .push(Issue::new("编号", "number_declared", message));
                }
            } else if same_title(row) && number_differs(row) {
                let number = row.reference_no.as_deref().unwrap_or_default();
                let message = format!("同一委员的同题记录编号为 {number}，将作为另一件");
                planned
                    .warnings
                    .push(Issue::new("标题", "possible_duplicate", message));
            }
        }
        let known = resembling
            .iter()
            .find(|row| same_title(row) && !number_differs(row));
        let Some(known) = known else {
            return Ok(());
        };
        let rows = self.filing(known);
        let head = rows[0];
        if !self.meant.insert(head.id) {
            let message = format!("与另一行同指已有记录「{}」", head.title);
            planned
                .errors
                .push(Issue::new("标题", "same_record", message));
            return Ok(());
        }
        self.compared(step, head, &rows, planned)
    }

    /// The records of the kind with the same number, or with the same title of somebody who
    /// signed.
    fn resembling(&self, step: &Step) -> Vec<&'a duty_record::Model> {
        let own = |row: &&&duty_record::Model| row.kind == self.state.kind.key;
        let numbered = step
            .number
            .as_deref()
            .and_then(|number| self.by_number.get(number));
        let titled = self.by_title.get(&normal_title(&step.title));
        let signs = |row: &&&duty_record::Model| {
            step.signers
                .iter()
                .any(|sign| sign.subject() == row.subject())
        };
        let mut found: Vec<&duty_record::Model> = numbered
            .into_iter()
            .flatten()
            .filter(own)
            .copied()
            .collect();
        let titled = titled
            .into_iter()
            .flatten()
            .filter(own)
            .filter(signs)
            .copied();
        for row in titled {
            if found.iter().all(|other| other.id != row.id) {
                found.push(row);
            }
        }
        found
    }

    fn filing(&self, row: &duty_record::Model) -> Vec<&'a duty_record::Model> {
        let rows = self.by_thing.get(&row.thing_id).into_iter().flatten();
        rows.filter(|other| other.kind == row.kind)
            .copied()
            .collect()
    }

    /// What a thing that is recorded has become, and what the file says otherwise.
    fn compared(
        &self,
        step: &mut Step,
        head: &duty_record::Model,
        rows: &[&duty_record::Model],
        planned: &mut PlannedRow,
    ) -> Result<()> {
        let kind = &self.state.kind;
        let before = attributes(head)?;
        let verified = head.status == DutyStatus::Verified;
        let found = &step.signers[0].attributes;
        let growth = Growth::missing(kind, &before, found);
        let after = growth.applied(kind, &before);
        let mut fields = Fields::default();
        vocabulary::check(
            self.recording.scheme(head.done_on)?,
            &head.kind,
            &after,
            &mut fields,
        );
        if let Err(refused) = fields.finish() {
            let messages: Vec<String> = refused.errors.into_iter().map(|one| one.message).collect();
            let message = format!("与已有记录不符：{}", messages.join("；"));
            planned
                .errors
                .push(Issue::new("", "contradicts_record", message));
            return Ok(());
        }
        for (name, words) in &growth.words {
            let attribute = kind.attribute(name);
            let title = attribute.map_or(name.as_str(), |attribute| &attribute.title);
            let known = attribute.map_or(&[][..], |attribute| &attribute.words);
            let words: Vec<&str> = words
                .iter()
                .map(|word| {
                    known
                        .iter()
                        .find(|one| one.key == *word)
                        .map_or(word.as_str(), |one| &one.title)
                })
                .collect();
            planned
                .changes
                .push(format!("补记{title}：{}", words.join("、")));
        }
        for flag in &growth.flags {
            let title = kind.attribute(flag).map_or(flag.as_str(), |one| &one.title);
            planned.changes.push(format!("补记{title}"));
        }
        if head.reference_no.is_none() {
            step.new_number.clone_from(&step.number);
            planned.changes.extend(
                step.number
                    .iter()
                    .map(|number| format!("补记编号：{number}")),
            );
        }
        if !verified {
            let message = format!("已由委员填报（{}），导入后一并核实", head.status.zh());
            planned.changes.push(message);
        }
        let signed: Vec<Subject> = rows.iter().map(|row| row.subject()).collect();
        let named: Vec<Subject> = step.signers.iter().map(Sign::subject).collect();
        if signed != named {
            let message = "署名与已有记录不一致，导入不会更改；如需更改请先撤销核实";
            planned
                .warnings
                .push(Issue::new("联名人", "signers_differ", message));
        }
        if head.done_on != step.day {
            let message = format!("已有记录的日期是 {}，导入不会更改", head.done_on);
            planned
                .warnings
                .push(Issue::new("日期", "day_differs", message));
        }
        step.action = if planned.changes.is_empty() {
            Action::Unchanged
        } else {
            Action::Update
        };
        step.known = Some(Known {
            id: head.id,
            version: head.version,
            verified,
        });
        step.growth = growth;
        Ok(())
    }

    /// What it was converted from, where the file says so; a hint where it only looks so.
    fn converted(
        &self,
        step: &mut Step,
        from: Option<&(String, String)>,
        planned: &mut PlannedRow,
    ) {
        let new = step.action == Action::Create;
        let Some((kind, number)) = from else {
            let title = self.by_title.get(&normal_title(&step.title));
            let others = title
                .into_iter()
                .flatten()
                .filter(|row| row.kind != self.state.kind.key);
            let signs = |row: &&&duty_record::Model| {
                step.signers
                    .iter()
                    .any(|sign| sign.subject() == row.subject())
            };
            if new && let Some(other) = others.into_iter().find(|row| signs(row)) {
                let number = other.reference_no.as_deref().unwrap_or("无编号");
                let message = format!(
                    "与另一类记录「{}」（{number}）同题同人；如系转办，请填写转自的编号，否则按两件计",
                    other.title
                );
                planned
                    .warnings
                    .push(Issue::new("标题", "possible_conversion", message));
            }
            return;
        };
        let numbered = self.by_number.get(number.as_str()).into_iter().flatten();
        let mut sources =
            numbered.filter(|row| row.kind == *kind && row.status != DutyStatus::Draft);
        let Some(source) = sources.next() else {
            let message = format!("没有编号为 {number} 的记录");
            planned
                .errors
                .push(Issue::new("转自编号", "unknown_source", message));
            return;
        };
        let things = self.by_thing.get(&source.thing_id).into_iter().flatten();
        let mut converted = things.filter(|row| row.kind == self.state.kind.key);
        match converted.next() {
            Some(other) if new => {
                let message = format!("编号 {number} 已转为「{}」", other.title);
                planned
                    .errors
                    .push(Issue::new("转自编号", "already_converted", message));
            }
            Some(_) => {}
            None if new => {
                let first = self.filing(source)[0].id;
                step.converted_from = Some((first, source.thing_id));
            }
            None => {
                let message = "已有记录没有转办来源，导入不会更改";
                planned
                    .warnings
                    .push(Issue::new("转自编号", "source_differs", message));
            }
        }
    }
}

/// What the kind tells of one who signed.
fn signed(kind: &Kind, told: &Attributes, place: i32, count: usize) -> Attributes {
    let mut attributes = told.clone();
    if !vocabulary::is_signed(kind) || count < 2 {
        return attributes;
    }
    let role = if place == 1 { "first" } else { "signer" };
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    attributes.insert("role".to_owned(), Value::Word(role.to_owned()));
    attributes.insert("place".to_owned(), Value::Integer(place.into()));
    attributes.insert("signers".to_owned(), Value::Integer(count));
    attributes
}
