//! The time of a WeChat simulator that runs elsewhere, for a service that is tried against it: a
//! day of the simulator's is then a day of the service's, too.
//!
//! Only a service whose WeChat is a simulator on this machine can be told to go by it; where it
//! speaks to WeChat, or is run for production, it refuses to start.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;
use serde::Deserialize;

use crate::clock::Clock;

/// How often the simulator is asked what time it is.
const LOOK: Duration = Duration::from_millis(50);
/// What an answer may take; less than this apart, both clocks show the same.
const SAME: TimeDelta = TimeDelta::milliseconds(500);

#[derive(Deserialize)]
struct Shown {
    now: DateTime<Utc>,
}

/// A clock that follows the simulator at `wechat`, jumps included, for as long as both run.
pub async fn follow(wechat: &str, profile: Option<&str>) -> Result<Clock> {
    wechat::sim::not_in_production(profile)?;
    let address = simulator(wechat)?;
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        .build()?;
    let clock = Clock::starting(look(&http, &address).await?);
    let ours = clock.clone();
    actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            match look(&http, &address).await {
                Ok(now) if SAME < (now - ours.now()).abs() => ours.set(now),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the simulator does not say what time it is"),
            }
        }
    });
    Ok(clock)
}

/// Where a simulator tells the time, which is on this machine only.
fn simulator(wechat: &str) -> Result<Url> {
    let address = Url::parse(wechat).context("wechat.base_url is no address")?;
    let host = address.host_str().unwrap_or_default();
    let here = host
        .trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .is_ok_and(|ip| ip.is_loopback());
    if !here {
        bail!("only a simulator on this machine tells the time, not {host}");
    }
    Ok(address.join("/sim/clock")?)
}

async fn look(http: &reqwest::Client, address: &Url) -> Result<DateTime<Utc>> {
    let ask = http.post(address.clone());
    let answer = ask.body(r#"{"advance_seconds":0}"#).send().await?;
    Ok(answer.error_for_status()?.json::<Shown>().await?.now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn neither_wechat_nor_a_production_service_is_asked_for_the_time() {
        for wechat in [
            "https://api.weixin.qq.com",
            "http://10.0.0.9:8081",
            "http://localhost.example.org",
        ] {
            let refused = follow(wechat, None).await.unwrap_err();
            assert!(refused.to_string().contains("on this machine"), "{refused}");
        }

        let refused = follow("http://127.0.0.1:9", Some("production")).await;
        assert!(refused.unwrap_err().to_string().contains("production"));
    }

    #[test]
    fn a_simulator_is_known_by_its_loopback_address() {
        let clock = |wechat| simulator(wechat).unwrap().to_string();

        assert_eq!(clock("http://127.0.0.1:9/"), "http://127.0.0.1:9/sim/clock");
        assert_eq!(clock("http://[::1]:9"), "http://[::1]:9/sim/clock");
    }
}
