//! One committee through the whole service: its year as a workbook, and the proof of its ledger.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use api::audit::checkpoint::Checkpoints;
use api::audit::offline::{Source, verify_against};
use api::db::{Actor, NewFact};
use domain::ids::MemberId;
use domain::score::Subject;
use entity::{Scoped, member};
use tests::deeds::deed;
use tests::{TestApp, crowd};
use uuid::Uuid;

/// Exports allowed to one account a day; the first one warms the service up.
const EXPORTS: usize = 5;
/// Facts that are written with one change.
const AT_ONCE: usize = 1000;

/// A year of so many members with so many facts each, asked for over HTTP.
pub async fn scored(members: u32, facts: u32) -> Result<()> {
    let t = TestApp::start_at(tests::at("2026-12-30T09:00:00+08:00")).await;
    crowd::gather(&t.app, t.committee, usize::try_from(members)?).await?;
    let all = member::Entity::of(t.committee).all(t.app.db.read()).await?;
    let ids: Vec<MemberId> = all.into_iter().map(|member| member.id).collect();
    write(&t, &ids, facts).await?;

    let token = t.token("office").await;
    for (name, path) in [
        (
            "one page of the score table",
            "/scores?period=2026&limit=200",
        ),
        ("the workbook of the year", "/scores.xlsx?period=2026"),
    ] {
        let mut times = Vec::new();
        let mut size = 0;
        for _ in 0..EXPORTS {
            let begun = Instant::now();
            let request = t.client.http().get(t.client.url(path)).bearer_auth(&token);
            let answer = request.send().await?;
            let status = answer.status();
            size = answer.bytes().await?.len();
            ensure!(status.is_success(), "GET {path}: {status}");
            times.push(begun.elapsed());
        }
        let first = times.remove(0);
        times.sort();
        let middle = times[times.len() / 2];
        println!(
            "{name}, {} members × {facts} facts: {:.1} ms warm, {:.1} ms the first time, {size} bytes",
            ids.len(),
            middle.as_secs_f64() * 1e3,
            first.as_secs_f64() * 1e3,
        );
    }
    Ok(())
}

/// The proof of a chain of so many facts, alone and against checkpoints.
pub async fn proved(entries: u32) -> Result<()> {
    let t = TestApp::start().await;
    let someone = t.members["chen"];
    write(&t, &[someone], entries).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("seals");

    let begun = Instant::now();
    let noted = api::audit::checkpoint::note(&t.app.db, &t.app.vault, &file, t.now()).await?;
    ensure!(noted.ok(), "{noted}");
    let noting = begun.elapsed();
    let begun = Instant::now();
    let noted = Checkpoints::read(&file, &t.app.vault)?;
    let report = verify_against(Source::Database(&t.app.db), &noted).await?;
    ensure!(report.ok(), "{report}");
    let longest = report.chains.iter().map(|chain| chain.entries).max();
    println!(
        "proof of {} entries against checkpoints: {:.2} s; proved and noted for the first time: {:.2} s; the file is {} bytes",
        longest.context("there are chains")?,
        begun.elapsed().as_secs_f64(),
        noting.as_secs_f64(),
        std::fs::metadata(&file)?.len(),
    );
    Ok(())
}

async fn write(t: &TestApp, members: &[MemberId], facts: u32) -> Result<()> {
    let mut all = Vec::new();
    for (number, member) in (0_u32..).zip(members) {
        for place in 0..facts {
            let (kind, attributes, day, title) = deed(number, place);
            all.push(NewFact {
                subject: Subject::Member(*member),
                kind: kind.to_owned(),
                happened_on: day,
                title,
                reference: None,
                attributes: serde_json::from_str(attributes)?,
                recorder: None,
                source_kind: "duty_record".to_owned(),
                source_id: Uuid::now_v7(),
                reverses: None,
            });
        }
    }
    for some in all.chunks(AT_ONCE) {
        let actor = Actor::service(t.committee);
        let written = t
            .app
            .db
            .write(&actor, "duty_verify", t.now(), async |write| {
                for fact in some {
                    write.fact(fact.clone());
                }
                Ok(())
            });
        written.await?;
    }
    Ok(())
}
