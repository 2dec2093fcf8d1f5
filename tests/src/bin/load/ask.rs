//! What is asked most, by the first committee of a nation: how long it waits.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use api::app::App;
use api::demo::client::Client;
use serde_json::{Value, json};
use tests::nation::{OFFICE, Place};

/// Workbooks that one account may fetch in a day.
const EXPORTS: usize = 5;

/// Prints the median of each question in milliseconds.
pub async fn ask(app: &App, address: &str, times: usize) -> Result<()> {
    ensure!(
        (1..=EXPORTS * OFFICE as usize).contains(&times),
        "a workbook is given {EXPORTS} times a day to each of {OFFICE} accounts"
    );
    let client = Client::new(&format!("http://{address}"))?;
    let place = Place(0);
    let live = format!("/activities/{}/live", place.activity(0));
    let questions: [(&str, &[&str]); 5] = [
        (
            "home_ms",
            &["/me", "/activities?limit=20", "/me/score?period=2026"],
        ),
        ("activities_ms", &["/activities?limit=50"]),
        ("live_ms", &[&live]),
        ("scores_ms", &["/scores?period=2026&limit=50"]),
        ("xlsx_ms", &["/scores.xlsx?period=2026"]),
    ];
    let mut told = json!({});
    for (name, paths) in questions {
        let mut waits = Vec::with_capacity(times);
        // The first time warms up and is not told.
        for turn in 0..=times {
            let number = u32::try_from(turn)?;
            let token = match name {
                "home_ms" => place.member_token(app, number)?,
                _ => place.office_token(app, number)?,
            };
            if name == "xlsx_ms" && turn == times {
                break;
            }
            let began = Instant::now();
            for path in paths {
                read(&client, &token, path).await?;
            }
            waits.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        waits.remove(0);
        waits.sort_by(f64::total_cmp);
        let median = waits.get(waits.len() / 2).context("asked too seldom")?;
        told[name] = Value::from(*median);
    }
    println!("{told}");
    Ok(())
}

/// The whole answer; of a stream, its first event.
async fn read(client: &Client, token: &str, path: &str) -> Result<()> {
    let request = client.http().get(client.url(path)).bearer_auth(token);
    let mut answer = request.send().await?;
    let status = answer.status();
    ensure!(status.is_success(), "GET {path}: {status}");
    if path.ends_with("/live") {
        answer.chunk().await?.context("no event came")?;
    } else {
        answer.bytes().await?;
    }
    Ok(())
}
