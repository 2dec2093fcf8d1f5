//! The kinds of duty record as a caller meets them: what to fill in, and what he may do.

use chrono::NaiveDate;
use domain::authority::{Operation, Reach, Standing};
use domain::duty::{Declarer, declarer, needs_document, needs_evidence};
use domain::score::{Kind, Recorder, Scheme};
use domain::time::local_date;

use super::recording::{desk, schemes};
use super::routes::kinds::DutyKindView;
use super::vocabulary::{conversion, is_signed, stages};
use crate::access::Caller;
use crate::app::App;
use crate::error::Result;

/// Every kind, by name.
pub async fn list(app: &App, caller: &Caller, on: Option<NaiveDate>) -> Result<Vec<DutyKindView>> {
    let day = on.unwrap_or_else(|| local_date(app.clock.now()));
    let scheme = schemes(app, caller.committee, [day]).await?.remove(&day);
    let Some(scheme) = scheme else {
        return Ok(Vec::new());
    };
    let desk = desk(app, caller).await?;
    let kinds = scheme.vocabulary().kinds();
    Ok(kinds
        .map(|kind| {
            let organs = organs(&scheme, &kind.key);
            DutyKindView {
                key: kind.key.clone(),
                title: kind.title.clone(),
                attributes: kind.attributes.clone(),
                declared_by: declarer(&kind.key),
                may_declare: may_declare(caller, kind),
                may_verify: Reach::of(Operation::DutyVerify, caller.standings()).is_some()
                    && declarer(&kind.key) != Declarer::Nobody
                    && (organs.is_empty() || organs.iter().any(|organ| desk.records_for(organ))),
                recorders: organs.iter().map(|organ| organ.title.clone()).collect(),
                signed: is_signed(kind),
                stages: stages(kind).map(|attribute| attribute.key.clone()),
                convertible: conversion(kind).is_some(),
                needs_document: needs_document(&kind.key),
                needs_evidence: needs_evidence(&kind.key),
            }
        })
        .collect())
}

/// The organs that record some facts of a kind; which ones exactly is seen from the attributes.
fn organs<'s>(scheme: &'s Scheme, kind: &str) -> Vec<&'s Recorder> {
    let recorders = scheme.rulebook().recorders.iter();
    recorders
        .filter(|organ| organ.records.iter().any(|pattern| pattern.kind == kind))
        .collect()
}

fn may_declare(caller: &Caller, kind: &Kind) -> bool {
    let organ = |standing: &Standing| matches!(standing, Standing::Office | Standing::Staff(..));
    match declarer(&kind.key) {
        Declarer::Members => Reach::of(Operation::DutyDeclare, caller.standings()).is_some(),
        Declarer::Organs => caller.standings().iter().any(organ),
        Declarer::Nobody => false,
    }
}
