//! HTTP for the catalogue.

use actix_web::get;
use actix_web::web::{Data, Json};
use chrono::NaiveDate;
use domain::ids::{GroupId, SectorId, SpecialCommitteeId, StationId, TermId};
use serde::Serialize;
use utoipa::ToSchema;

use super::catalogue;
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::Page;

/// An activity group.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupView {
    id: GroupId,
    name: String,
    /// Place in lists.
    ordinal: i32,
    /// The special committee that serves it.
    special_committee_id: Option<SpecialCommitteeId>,
    /// Members in office of the current term.
    member_count: u64,
}

/// The activity groups, in their order.
#[utoipa::path(tag = "people", responses((status = 200, body = Page<GroupView>), (status = "default", body = Problem)))]
#[get("/groups")]
pub async fn groups(
    app: Data<App>,
    permit: Permit<op::CatalogueRead>,
) -> Result<Json<Page<GroupView>>> {
    let groups = catalogue::groups(&app, &permit).await?;
    let view = groups.into_iter().map(|group| GroupView {
        id: group.row.id,
        name: group.row.name,
        ordinal: group.row.ordinal,
        special_committee_id: group.row.special_committee_id,
        member_count: group.members,
    });
    Ok(Json(Page::whole(view.collect())))
}

/// A sector.
#[derive(Debug, Serialize, ToSchema)]
pub struct SectorView {
    id: SectorId,
    name: String,
    /// Place in lists.
    ordinal: i32,
    /// Members in office of the current term.
    member_count: u64,
}

/// The sectors, in their order.
#[utoipa::path(tag = "people", responses((status = 200, body = Page<SectorView>), (status = "default", body = Problem)))]
#[get("/sectors")]
pub async fn sectors(
    app: Data<App>,
    permit: Permit<op::CatalogueRead>,
) -> Result<Json<Page<SectorView>>> {
    let sectors = catalogue::sectors(&app, &permit).await?;
    let view = sectors.into_iter().map(|sector| SectorView {
        id: sector.row.id,
        name: sector.row.name,
        ordinal: sector.row.ordinal,
        member_count: sector.members,
    });
    Ok(Json(Page::whole(view.collect())))
}

/// A station.
#[derive(Debug, Serialize, ToSchema)]
pub struct StationView {
    id: StationId,
    name: String,
    group_id: GroupId,
    /// The group's name.
    group: Option<String>,
    /// Where it is, in words.
    address: Option<String>,
    /// GCJ-02 degrees north.
    latitude: Option<f64>,
    /// GCJ-02 degrees east.
    longitude: Option<f64>,
    /// Whether it has an official account that members can follow.
    has_official_account: bool,
}

/// The stations, in the order of their groups.
#[utoipa::path(tag = "people", responses((status = 200, body = Page<StationView>), (status = "default", body = Problem)))]
#[get("/stations")]
pub async fn stations(
    app: Data<App>,
    permit: Permit<op::CatalogueRead>,
) -> Result<Json<Page<StationView>>> {
    let stations = catalogue::stations(&app, &permit).await?;
    let view = stations.into_iter().map(|(station, group)| StationView {
        id: station.id,
        name: station.name,
        group_id: station.group_id,
        group: group.map(|group| group.name),
        address: station.address,
        latitude: station.latitude,
        longitude: station.longitude,
        has_official_account: station.app_id.is_some(),
    });
    Ok(Json(Page::whole(view.collect())))
}

/// A special committee.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpecialCommitteeView {
    id: SpecialCommitteeId,
    name: String,
    /// Place in lists.
    ordinal: i32,
    /// The groups it contacts and serves.
    group_ids: Vec<GroupId>,
}

/// The special committees, in their order.
#[utoipa::path(tag = "people", responses((status = 200, body = Page<SpecialCommitteeView>), (status = "default", body = Problem)))]
#[get("/special-committees")]
pub async fn special_committees(
    app: Data<App>,
    permit: Permit<op::CatalogueRead>,
) -> Result<Json<Page<SpecialCommitteeView>>> {
    let special = catalogue::special_committees(&app, &permit).await?;
    let view = special
        .into_iter()
        .map(|(row, group_ids)| SpecialCommitteeView {
            id: row.id,
            name: row.name,
            ordinal: row.ordinal,
            group_ids,
        });
    Ok(Json(Page::whole(view.collect())))
}

/// A term.
#[derive(Debug, Serialize, ToSchema)]
pub struct TermView {
    id: TermId,
    /// Such as 第五届.
    name: String,
    /// First day.
    starts_on: NaiveDate,
    /// Last day.
    ends_on: NaiveDate,
    /// Whether it is the term of today.
    current: bool,
    /// Members in office.
    member_count: u64,
}

/// The terms, the earliest first.
#[utoipa::path(tag = "people", responses((status = 200, body = Page<TermView>), (status = "default", body = Problem)))]
#[get("/terms")]
pub async fn terms(
    app: Data<App>,
    permit: Permit<op::CatalogueRead>,
) -> Result<Json<Page<TermView>>> {
    let (terms, current) = catalogue::terms(&app, &permit).await?;
    let view = terms.into_iter().map(|term| TermView {
        id: term.row.id,
        name: term.row.name,
        starts_on: term.row.starts_on,
        ends_on: term.row.ends_on,
        current: Some(term.row.id) == current,
        member_count: term.members,
    });
    Ok(Json(Page::whole(view.collect())))
}
