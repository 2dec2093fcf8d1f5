//! What applying a roster file will do, row by row: decided once, shown to the clerk, kept, and
//! carried out as shown or not at all.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::NaiveDate;
use domain::ids::{GroupId, MemberId, SectorId, TermId};
use domain::people::{IMPLAUSIBLE_BIRTH, MemberStatus, Position, plausible_birth};
use domain::roster::{self, CellError, RosterRow};
use domain::table::Cell;
use entity::{group, member, seat, sector, special_committee, term};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::crypto::Vault;
use crate::error::{ApiError, FieldError, Result};
use crate::spreadsheet::{HEADER_WITHIN, Issue, Table, unreadable};

/// What a row does.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A new member.
    Create,
    /// A member whose data changes.
    Update,
    /// A member who had left and is one again.
    Return,
    /// A member who stays as he is.
    Unchanged,
}

impl Action {
    /// What a person reads.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Create => "新增",
            Self::Update => "更新",
            Self::Return => "恢复",
            Self::Unchanged => "不变",
        }
    }
}

fn issue(error: CellError) -> Issue {
    Issue::new(error.column, error.code, error.reason)
}

/// A member's data as the file gives it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Data {
    pub(super) name: String,
    pub(super) phone_index: String,
    pub(super) sector: SectorId,
    pub(super) group: GroupId,
    pub(super) position: Position,
    pub(super) employer: Option<String>,
    pub(super) joined_on: NaiveDate,
    pub(super) remark: Option<String>,
    /// The day of birth the file gives anew, sealed, in base64; none keeps what is there.
    sealed_birth: Option<String>,
}

impl Data {
    /// The day of birth the file gives anew, as the table keeps it.
    pub(super) fn sealed_birth(&self) -> Result<Option<Vec<u8>>> {
        let sealed = self.sealed_birth.as_deref();
        let sealed = sealed.map(|sealed| BASE64.decode(sealed).map_err(ApiError::internal));
        sealed.transpose()
    }
}

/// What a row without errors does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) data: Data,
    /// For a new member: his phone, sealed, in base64.
    sealed_phone: Option<String>,
    /// For one who is there: who, and the version the step was decided on.
    pub(super) member: Option<(MemberId, i32)>,
    /// Whether he becomes convener of the group.
    pub(super) seat: bool,
}

impl Step {
    /// The phone of a new member as the table keeps it.
    pub(super) fn sealed_phone(&self) -> Result<Vec<u8>> {
        let sealed = self.sealed_phone.as_deref().unwrap_or_default();
        BASE64.decode(sealed).map_err(ApiError::internal)
    }
}

/// One row of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PlannedRow {
    pub(super) row: usize,
    pub(super) name: String,
    pub(super) errors: Vec<Issue>,
    pub(super) warnings: Vec<Issue>,
    pub(super) step: Option<Step>,
}

/// The whole file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) term: TermId,
    pub(super) rows: Vec<PlannedRow>,
    pub(super) hidden_rows: Vec<usize>,
    pub(super) warnings: Vec<String>,
}

impl Plan {
    /// SHA-256 of the plan. The versions of the members it was decided on are part of it, so it
    /// stands for what was there as well.
    pub(super) fn hash(&self) -> String {
        // Field by field in the order of the types, whatever order a database keeps keys in.
        let canonical = serde_json::to_vec(self).expect("a plan has only strings for keys");
        hex::encode(Sha256::digest(canonical))
    }

    /// Rows that stand in the way.
    pub(super) fn error_count(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| !row.errors.is_empty())
            .count()
    }

    /// How many rows do what.
    pub(super) fn actions(&self) -> BTreeMap<Action, usize> {
        let mut actions = BTreeMap::new();
        for step in self.rows.iter().filter_map(|row| row.step.as_ref()) {
            *actions.entry(step.action).or_default() += 1;
        }
        actions
    }
}

/// The committee as it is when the plan is made.
pub(super) struct State<'a> {
    pub(super) vault: &'a Vault,
    /// Where the committee is.
    pub(super) today: NaiveDate,
    pub(super) term: term::Model,
    pub(super) sectors: Vec<sector::Model>,
    pub(super) groups: Vec<group::Model>,
    pub(super) special_committees: Vec<special_committee::Model>,
    /// Everybody of the term, also who left.
    pub(super) members: Vec<member::Model>,
    /// Conveners' seats that have not ended.
    pub(super) seats: Vec<seat::Model>,
}

/// Decides what each row of `table` does.
///
/// # Errors
/// `file_unreadable` where the header is not the roster's.
pub(super) fn plan(table: Table, state: &State<'_>) -> Result<Plan> {
    let mut rows = table.rows.into_iter();
    let (number, heading) = rows.next().ok_or_else(|| unreadable("文件是空的"))?;
    if number > HEADER_WITHIN {
        return Err(unreadable("表头应在前 5 行之内"));
    }
    let header = roster::header(&heading).map_err(|errors| {
        let errors = errors.iter().map(|error| FieldError {
            pointer: format!("第 {number} 行"),
            code: error.code(),
            message: error.reason(),
        });
        ApiError {
            errors: errors.collect(),
            ..unreadable("表头与名册模板不一致")
        }
    })?;
    let name_column = heading
        .iter()
        .position(|cell| matches!(cell, Cell::Text(text) if text.contains("姓名")));

    let mut read = Vec::new();
    let mut planned = Vec::new();
    for (row, cells) in rows {
        let name = match name_column.and_then(|column| cells.get(column)) {
            Some(Cell::Text(name)) => name.trim().chars().take(50).collect(),
            _ => String::new(),
        };
        let errors = match roster::row(&header, &cells) {
            Ok(found) => {
                read.push((row, found));
                Vec::new()
            }
            Err(errors) => errors.into_iter().map(issue).collect(),
        };
        planned.push(PlannedRow {
            row,
            name,
            errors,
            warnings: Vec::new(),
            step: None,
        });
    }
    if planned.is_empty() {
        return Err(unreadable("文件中没有委员"));
    }

    let lookup = Lookup::new(state, &read);
    let duplicates: HashMap<_, _> = roster::duplicates(&read).into_iter().collect();
    let places: HashMap<_, _> = planned
        .iter()
        .enumerate()
        .map(|(place, planned)| (planned.row, place))
        .collect();
    for (row, found) in &read {
        let planned = &mut planned[places[row]];
        planned.name.clone_from(&found.name);
        planned
            .errors
            .extend(duplicates.get(row).cloned().map(issue));
        lookup.decide(found, planned);
    }
    let mut warnings = table.warnings;
    let absent = lookup.absent(&planned);
    if absent > 0 {
        warnings.push(format!(
            "本届在任委员中有 {absent} 人不在文件中，导入不会改动他们"
        ));
    }
    Ok(Plan {
        term: state.term.id,
        rows: planned,
        hidden_rows: table.hidden_rows,
        warnings,
    })
}

/// The state by what rows are looked up with.
struct Lookup<'a> {
    state: &'a State<'a>,
    by_phone: HashMap<&'a str, &'a member::Model>,
    by_name: HashSet<&'a str>,
    convened: HashMap<MemberId, Vec<GroupId>>,
    /// Names that stand on more than one row.
    namesakes: HashSet<&'a str>,
}

impl<'a> Lookup<'a> {
    fn new(state: &'a State<'a>, read: &'a [(usize, RosterRow)]) -> Self {
        let mut convened: HashMap<MemberId, Vec<GroupId>> = HashMap::new();
        for seat in &state.seats {
            if let (Some(member), Some(group)) = (seat.member_id, seat.group_id) {
                convened.entry(member).or_default().push(group);
            }
        }
        let mut seen = HashSet::new();
        Self {
            by_phone: state
                .members
                .iter()
                .map(|member| (member.phone_index.as_str(), member))
                .collect(),
            by_name: state
                .members
                .iter()
                .map(|member| member.name.as_str())
                .collect(),
            convened,
            namesakes: read
                .iter()
                .map(|(_, row)| row.name.as_str())
                .filter(|name| !seen.insert(*name))
                .collect(),
            state,
        }
    }

    fn decide(&self, row: &RosterRow, planned: &mut PlannedRow) {
        let state = self.state;
        let sector = find(
            "界别",
            "unknown_sector",
            &row.sector,
            state
                .sectors
                .iter()
                .map(|sector| (sector.name.as_str(), sector.id)),
        );
        let group = find(
            "活动组",
            "unknown_group",
            &row.group,
            state
                .groups
                .iter()
                .map(|group| (group.name.as_str(), group.id)),
        );
        let special = row.special_committee.as_deref().map(|name| {
            find(
                "专委会",
                "unknown_special_committee",
                name,
                state
                    .special_committees
                    .iter()
                    .map(|special| (special.name.as_str(), special.id)),
            )
        });
        planned.errors.extend(
            [
                sector.as_ref().err(),
                group.as_ref().err(),
                special.as_ref().and_then(|special| special.as_ref().err()),
            ]
            .into_iter()
            .flatten()
            .cloned(),
        );
        planned.errors.extend(self.implausible_birth(row));
        let (Ok(sector), Ok(group)) = (sector, group) else {
            return;
        };
        if !planned.errors.is_empty() {
            return;
        }
        let serves = state
            .groups
            .iter()
            .find(|known| known.id == group)
            .and_then(|group| group.special_committee_id);
        if special.is_some_and(|special| special.ok() != serves) {
            planned.warnings.push(Issue::new(
                "专委会",
                "special_committee_not_kept",
                "与联系该活动组的专委会不一致；系统按活动组确定专委会，此栏不保存",
            ));
        }
        let phone_index = state.vault.index("phone", row.phone.as_str());
        let known = self.by_phone.get(phone_index.as_str()).copied();
        let data = Data {
            name: row.name.clone(),
            phone_index,
            sector,
            group,
            position: row.position,
            // An empty cell says nothing about what is there.
            employer: row.employer.clone().or_else(|| known?.employer.clone()),
            joined_on: row
                .joined_on
                .or_else(|| known.map(|member| member.joined_on))
                .unwrap_or(state.term.starts_on),
            remark: row.remark.clone().or_else(|| known?.remark.clone()),
            sealed_birth: row
                .born_on
                .filter(|born_on| self.born_on(known) != Some(*born_on))
                .map(|born_on| BASE64.encode(state.vault.seal_day(born_on))),
        };
        let action = match known {
            None => self.create(&data, planned),
            Some(member) => keep(member, &data, planned),
        };
        let seat = self.seat(row.convener, known, group, planned);
        planned.step = Some(Step {
            action,
            sealed_phone: known
                .is_none()
                .then(|| BASE64.encode(state.vault.seal(row.phone.as_str().as_bytes()))),
            member: known.map(|member| (member.id, member.version)),
            seat,
            data,
        });
    }

    fn create(&self, data: &Data, planned: &mut PlannedRow) -> Action {
        if self.by_name.contains(data.name.as_str()) {
            planned.warnings.push(Issue::new(
                "姓名",
                "same_name_other_phone",
                "本届已有同名委员，手机号不同；将作为另一人新增",
            ));
        }
        if self.namesakes.contains(data.name.as_str()) {
            planned.warnings.push(Issue::new(
                "姓名",
                "same_name_in_file",
                "文件中有同名的行，手机号不同；将作为不同的人",
            ));
        }
        Action::Create
    }

    fn implausible_birth(&self, row: &RosterRow) -> Option<Issue> {
        let born_on = row.born_on?;
        (!plausible_birth(born_on, self.state.today))
            .then(|| Issue::new("出生日期", "implausible", IMPLAUSIBLE_BIRTH))
    }

    /// The day of birth that is known already.
    fn born_on(&self, known: Option<&member::Model>) -> Option<NaiveDate> {
        let cipher = known?.born_on_cipher.as_deref()?;
        self.state.vault.open_day(Some(cipher)).ok()?
    }

    /// Whether the row gives a seat; a file takes none away.
    fn seat(
        &self,
        convener: bool,
        known: Option<&member::Model>,
        group: GroupId,
        planned: &mut PlannedRow,
    ) -> bool {
        let held = known
            .and_then(|member| self.convened.get(&member.id))
            .map_or(&[][..], Vec::as_slice);
        if convener && held.iter().any(|held| *held != group) {
            planned.warnings.push(Issue::new(
                "召集人",
                "convener_elsewhere",
                "仍是另一活动组的召集人；如已卸任，请在席位管理中结束",
            ));
        }
        if !convener && !held.is_empty() {
            planned.warnings.push(Issue::new(
                "召集人",
                "convener_kept",
                "现为召集人而文件未填“是”；导入不会取消，如已卸任请在席位管理中结束",
            ));
        }
        convener && !held.contains(&group)
    }

    /// Members in office whom no row names.
    fn absent(&self, planned: &[PlannedRow]) -> usize {
        let named: HashSet<_> = planned
            .iter()
            .filter_map(|row| row.step.as_ref()?.member)
            .map(|(id, _)| id)
            .collect();
        self.state
            .members
            .iter()
            .filter(|member| member.status == MemberStatus::Active && !named.contains(&member.id))
            .count()
    }
}

fn find<'n, T>(
    column: &str,
    code: &str,
    name: &str,
    mut known: impl Iterator<Item = (&'n str, T)> + Clone,
) -> Result<T, Issue> {
    let names = known.clone().map(|(name, _)| name);
    known
        .find(|(known, _)| *known == name)
        .map(|(_, id)| id)
        .ok_or_else(|| {
            let names: Vec<_> = names.collect();
            Issue::new(
                column,
                code,
                format!("系统中没有{column}“{name}”，现有：{}", names.join("、")),
            )
        })
}

fn keep(member: &member::Model, data: &Data, planned: &mut PlannedRow) -> Action {
    let changes: Vec<_> = [
        ("姓名", member.name != data.name),
        ("界别", member.sector_id != data.sector),
        ("活动组", member.group_id != data.group),
        ("职务", member.position != data.position),
        ("工作单位", member.employer != data.employer),
        ("加入日期", member.joined_on != data.joined_on),
        ("出生日期", data.sealed_birth.is_some()),
        ("备注", member.remark != data.remark),
    ]
    .into_iter()
    .filter_map(|(column, changes)| changes.then_some(column))
    .collect();
    let action = match member.status {
        MemberStatus::Left => {
            planned
                .warnings
                .push(Issue::new("", "returns", "该委员已离任，导入后恢复为在任"));
            Action::Return
        }
        MemberStatus::Active if changes.is_empty() => Action::Unchanged,
        MemberStatus::Active => Action::Update,
    };
    if !changes.is_empty() {
        planned.warnings.push(Issue::new(
            "",
            "changes",
            format!("将更改：{}", changes.join("、")),
        ));
    }
    action
}
