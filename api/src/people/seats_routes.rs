//! HTTP for seats.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{AccountId, GroupId, MemberId, SeatId, SpecialCommitteeId};
use domain::people::SeatKind;
use entity::seat;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::seats::{self, Holder, NamedSeat, NewSeat};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Page, PageParams, Params, day, instant};

/// Whether a seat counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// A second person has yet to confirm it.
    Pending,
    /// It begins later.
    Upcoming,
    /// It counts today.
    Active,
    /// It counts no more.
    Ended,
}

/// A dated role.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatView {
    id: SeatId,
    kind: SeatKind,
    /// The kind in Chinese.
    kind_name: &'static str,
    /// The member who holds it, or
    member_id: Option<MemberId>,
    /// the account that holds it.
    account_id: Option<AccountId>,
    /// The holder's name.
    holder: Option<String>,
    /// For a convener.
    group_id: Option<GroupId>,
    /// The group's name.
    group: Option<String>,
    /// For staff.
    special_committee_id: Option<SpecialCommitteeId>,
    /// The special committee's name.
    special_committee: Option<String>,
    /// First day.
    from: NaiveDate,
    /// Last day, or open.
    to: Option<NaiveDate>,
    state: SeatState,
    /// Who granted it.
    granted_by: Option<String>,
    /// The second person; a convener's seat needs none.
    confirmed_by: Option<String>,
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    confirmed_at: Option<DateTime<Utc>>,
}

fn state(seat: &seat::Model, today: NaiveDate) -> SeatState {
    match (seat.to_date, seat.confirmed_at) {
        (Some(to), _) if to < today || to < seat.from_date => SeatState::Ended,
        (_, None) => SeatState::Pending,
        _ if today < seat.from_date => SeatState::Upcoming,
        _ => SeatState::Active,
    }
}

impl From<NamedSeat> for SeatView {
    fn from(named: NamedSeat) -> Self {
        let seat = named.seat;
        Self {
            state: state(&seat, named.today),
            id: seat.id,
            kind: seat.kind,
            kind_name: seat.kind.zh(),
            member_id: seat.member_id,
            account_id: seat.account_id,
            holder: named.holder,
            group_id: seat.group_id,
            group: named.group,
            special_committee_id: seat.special_committee_id,
            special_committee: named.special_committee,
            from: seat.from_date,
            to: seat.to_date,
            granted_by: named.granted_by,
            confirmed_by: named.confirmed_by,
            confirmed_at: seat.confirmed_at,
        }
    }
}

/// Which seats.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeatParams {
    /// Of this kind.
    kind: Option<SeatKind>,
    /// In this state; all unless told.
    #[param(inline)]
    state: Option<SeatState>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The seats of the committee, past ones too.
#[utoipa::path(tag = "people", params(SeatParams), responses((status = 200, body = Page<SeatView>), (status = "default", body = Problem)))]
#[get("/seats")]
pub async fn list_seats(
    app: Data<App>,
    permit: Permit<op::SeatList>,
    params: Params<SeatParams>,
) -> Result<Json<Page<SeatView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let seats = seats::list(&app, &permit, params.kind).await?;
    let views = seats
        .into_iter()
        .map(SeatView::from)
        .filter(|seat| params.state.is_none_or(|state| seat.state == state));
    Ok(Json(Page::cut(views.collect(), skip, limit)))
}

/// A seat to be granted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatForm {
    kind: SeatKind,
    /// The member who is to hold it, or
    member_id: Option<MemberId>,
    /// the account that is to hold it.
    account_id: Option<AccountId>,
    /// For a convener.
    group_id: Option<GroupId>,
    /// For staff.
    special_committee_id: Option<SpecialCommitteeId>,
    /// First day.
    #[serde(deserialize_with = "day::deserialize")]
    from: NaiveDate,
    /// Last day, or open.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    to: Option<NaiveDate>,
}

/// Grant a seat.
///
/// A convener's seat counts at once; any other is `pending` until another person confirms it. The
/// office grants to conveners and staff, an administrator grants every kind, nobody to himself.
#[utoipa::path(tag = "people", request_body = SeatForm, responses((status = 201, body = SeatView), (status = "default", body = Problem)))]
#[post("/seats")]
pub async fn grant_seat(
    app: Data<App>,
    permit: Permit<op::SeatGrant>,
    body: Body<SeatForm>,
) -> Result<HttpResponse> {
    let holder = match (body.member_id, body.account_id) {
        (Some(member), None) => Holder::Member(member),
        (None, Some(account)) => Holder::Account(account),
        _ => {
            return Err(ApiError::field(
                "",
                "exactly_one",
                "member_id 和 account_id 须且只须提供一项",
            ));
        }
    };
    let new = NewSeat {
        kind: body.kind,
        holder,
        group: body.group_id,
        special_committee: body.special_committee_id,
        from: body.from,
        to: body.to,
    };
    let seat = seats::grant(&app, &permit, new).await?;
    let view = seats::one(&app, &permit.caller, seat).await?;
    Ok(HttpResponse::Created().json(SeatView::from(view)))
}

/// Confirm a seat as the second person: neither who granted it nor who holds it.
#[utoipa::path(tag = "people", params(("seat_id" = String, Path)), responses((status = 200, body = SeatView), (status = "default", body = Problem)))]
#[post("/seats/{seat_id}/confirm")]
pub async fn confirm_seat(
    app: Data<App>,
    on: On<op::SeatConfirm, seat::Model>,
) -> Result<Json<SeatView>> {
    let seat = seats::confirm(&app, &on).await?;
    seats::one(&app, &on.permit.caller, seat)
        .await
        .map(|seat| Json(seat.into()))
}

/// End a seat; it counts no more from this moment on.
#[utoipa::path(tag = "people", params(("seat_id" = String, Path)), responses((status = 204), (status = "default", body = Problem)))]
#[delete("/seats/{seat_id}")]
pub async fn end_seat(app: Data<App>, on: On<op::SeatEnd, seat::Model>) -> Result<HttpResponse> {
    seats::end(&app, &on).await?;
    Ok(HttpResponse::NoContent().finish())
}
