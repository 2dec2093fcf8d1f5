//! HTTP for one's own account.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post, put};
use chrono::NaiveDate;
use domain::authority::{Role, Standing};
use domain::ids::{
    AccountId, CommitteeId, GroupId, MemberId, SectorId, SpecialCommitteeId, TermId,
};
use domain::people::{AccountKind, Position};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::me::{self, Me, MyMember};
use super::password;
use crate::access::Caller;
use crate::access::session::TokenPair;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields};

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    /// The account.
    account: MyAccountView,
    /// The committee.
    committee: MyCommitteeView,
    /// Whether the account is bound to a member in office.
    bound: bool,
    /// That member.
    member: Option<MyMemberView>,
    /// What he may act as today.
    seats: Vec<MySeatView>,
}

/// The caller's account.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyAccountView {
    id: AccountId,
    kind: AccountKind,
    /// Sign-in name, for accounts with a password.
    username: Option<String>,
    /// What others see.
    display_name: String,
    /// Whether signing in takes a second factor.
    totp: bool,
}

/// The caller's committee.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyCommitteeView {
    id: CommitteeId,
    code: String,
    name: String,
}

/// The member the caller is.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyMemberView {
    id: MemberId,
    name: String,
    /// In full: it is his own.
    phone: String,
    position: Position,
    /// The position in Chinese.
    position_name: &'static str,
    group_id: GroupId,
    /// The group's name.
    group: Option<String>,
    sector_id: SectorId,
    /// The sector's name.
    sector: Option<String>,
    term_id: TermId,
    /// The term's name.
    term: Option<String>,
    joined_on: NaiveDate,
    /// The day of birth, where the office has it; only to count by age bands.
    born_on: Option<NaiveDate>,
}

/// One role the caller has today.
#[derive(Debug, Serialize, ToSchema)]
pub struct MySeatView {
    role: Role,
    /// The role in Chinese.
    role_name: &'static str,
    /// The group, for a member and a convener.
    group_id: Option<GroupId>,
    /// Its name.
    group: Option<String>,
    /// The special committee, for staff.
    special_committee_id: Option<SpecialCommitteeId>,
    /// Its name.
    special_committee: Option<String>,
    /// The groups it serves.
    serves: Vec<GroupId>,
}

impl From<MyMember> for MyMemberView {
    fn from(my: MyMember) -> Self {
        Self {
            id: my.member.id,
            name: my.member.name,
            phone: my.phone,
            position: my.member.position,
            position_name: my.member.position.zh(),
            group_id: my.member.group_id,
            group: my.group.map(|group| group.name),
            sector_id: my.member.sector_id,
            sector: my.sector.map(|sector| sector.name),
            term_id: my.member.term_id,
            term: my.term.map(|term| term.name),
            joined_on: my.member.joined_on,
            born_on: my.born_on,
        }
    }
}

impl MySeatView {
    fn new(standing: &Standing, me: &Me) -> Self {
        let role = standing.role();
        let (group_id, special_committee_id, serves) = match standing {
            Standing::Member(_, group) | Standing::Convener(group) => {
                (Some(*group), None, Vec::new())
            }
            Standing::Staff(special, serves) => (None, Some(*special), serves.clone()),
            Standing::Office | Standing::Leader | Standing::Auditor | Standing::Admin => {
                (None, None, Vec::new())
            }
        };
        Self {
            role,
            role_name: role.zh(),
            group_id,
            group: me
                .groups
                .iter()
                .find(|group| Some(group.id) == group_id)
                .map(|group| group.name.clone()),
            special_committee_id,
            special_committee: me
                .special_committees
                .iter()
                .find(|special| Some(special.id) == special_committee_id)
                .map(|special| special.name.clone()),
            serves,
        }
    }
}

/// Who I am and what I may act as.
#[utoipa::path(tag = "auth", responses((status = 200, body = MeView), (status = "default", body = Problem)))]
#[get("/me")]
pub async fn show_me(app: Data<App>, caller: Caller) -> Result<Json<MeView>> {
    let me = me::me(&app, &caller).await?;
    let account = caller.account();
    let seats = caller
        .standings()
        .iter()
        .map(|standing| MySeatView::new(standing, &me))
        .collect();
    Ok(Json(MeView {
        account: MyAccountView {
            id: account.id,
            kind: account.kind,
            username: account.username.clone(),
            display_name: account.display_name.clone(),
            totp: account.totp,
        },
        committee: MyCommitteeView {
            id: me.committee.id,
            code: me.committee.code,
            name: me.committee.name,
        },
        bound: me.member.is_some(),
        member: me.member.map(MyMemberView::from),
        seats,
    }))
}

/// Old and new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password until now.
    current: String,
    /// At least 12 characters.
    new: String,
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordChange(***)")
    }
}

/// Change my password.
///
/// Every session of the account ends; the answer begins a new one.
#[utoipa::path(tag = "auth", request_body = PasswordChange, responses((status = 200, body = TokenPair), (status = "default", body = Problem)))]
#[put("/me/password")]
pub async fn change_password(
    app: Data<App>,
    caller: Caller,
    body: Body<PasswordChange>,
) -> Result<Json<TokenPair>> {
    let mut fields = Fields::default();
    let length = body.new.chars().count();
    fields.check(
        length >= password::MIN_CHARS,
        "/new",
        "too_short",
        "新密码至少 12 个字符",
    );
    fields.check(
        length <= password::MAX_CHARS,
        "/new",
        "too_long",
        "新密码最多 128 个字符",
    );
    fields.check(
        body.new != body.current,
        "/new",
        "unchanged",
        "新密码不能与原密码相同",
    );
    fields.check(
        caller.account().username.as_deref() != Some(body.new.as_str()),
        "/new",
        "too_simple",
        "密码不能与账号相同",
    );
    fields.check(
        body.current.chars().count() <= password::MAX_CHARS,
        "/current",
        "wrong_password",
        "原密码不正确",
    );
    fields.finish()?;
    me::change_password(&app, &caller, &body.current, body.new.clone())
        .await
        .map(Json)
}

/// End all my sessions on all devices, this one too.
#[utoipa::path(tag = "auth", responses((status = 204), (status = "default", body = Problem)))]
#[post("/me/sessions/end-all")]
pub async fn end_all_sessions(app: Data<App>, caller: Caller) -> Result<HttpResponse> {
    me::end_all(&app, &caller).await?;
    Ok(HttpResponse::NoContent().finish())
}
