//! The machine: its clock, its time zone, its disk, how many files the service may open.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::process::{Resource, getrlimit};

use super::Findings;
use crate::clock::Clock;
use crate::config::Config;

/// A clock further off than this refuses good one-time passwords and tokens of other nodes.
pub(super) const CLOCK_WRONG: TimeDelta = TimeDelta::seconds(30);
/// Further off than a slow answer explains.
pub(super) const CLOCK_NOTE: TimeDelta = TimeDelta::seconds(5);

/// The longest an answer with a date may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ten thousand idle connections and the database's own files.
const OPEN_FILES: u64 = 16_384;
/// The default of many systems, which a busy morning uses up.
const FEW_OPEN_FILES: u64 = 1_024;

const MIB: u64 = 1 << 20;
/// With less the database stops soon.
const SPACE_WRONG: u64 = 512 * MIB;
/// Time to make room.
const SPACE_NOTE: u64 = 2_048 * MIB;

/// Looks at what needs no configuration.
pub(super) fn examine(findings: &mut Findings) {
    let limit = getrlimit(Resource::Nofile).current;
    match limit {
        Some(files) if files <= FEW_OPEN_FILES => findings.note(
            "open_files",
            format!("此处最多只能打开 {files} 个文件，连接多时会拒绝服务"),
            format!("服务以 LimitNOFILE={OPEN_FILES} 或更多运行（随附的 systemd 单元已设置）"),
        ),
        Some(files) => findings.fine("open_files", format!("可以打开 {files} 个文件")),
        None => findings.fine("open_files", "打开文件数不受限制"),
    }
    findings.fine(
        "time_zone",
        format!(
            "机器时区为 {}；系统一律按北京时间计日，不受它影响",
            time_zone()
        ),
    );
}

fn time_zone() -> String {
    if let Ok(zone) = std::env::var("TZ")
        && !zone.is_empty()
    {
        return zone;
    }
    let linked = std::fs::read_link("/etc/localtime").ok();
    linked
        .as_deref()
        .and_then(|path| path.to_str()?.split_once("zoneinfo/"))
        .map_or_else(|| "UTC".to_owned(), |(_, zone)| zone.to_owned())
}

/// Holds the machine's clock against the date in an answer of WeChat's server, which callbacks are
/// held against as well.
pub(super) async fn clock_against_http(config: &Config, clock: &Clock, findings: &mut Findings) {
    let url = &config.wechat.base_url;
    match ask_date(url, clock).await {
        Ok(off) => judge_clock("clock_http", url, off, findings),
        Err(why) => findings.note(
            "clock_http",
            format!("没能从 {url} 得到时间：{why}"),
            "核对能否访问微信服务器；时钟请以 chrony 或 systemd-timesyncd 校准",
        ),
    }
}

/// How far the date of an answer is from our clock; ours ahead counts as positive. Dates have whole
/// seconds, and the answer was made while we waited for it.
async fn ask_date(url: &str, clock: &Clock) -> Result<TimeDelta, String> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| error.to_string())?;
    let asked = clock.now();
    let answer = client.head(url).send().await.map_err(|error| {
        if error.is_timeout() {
            "5 秒内没有应答"
        } else {
            "连接不上"
        }
    })?;
    let middle = asked + (clock.now() - asked) / 2;
    let date = answer
        .headers()
        .get("date")
        .and_then(|date| DateTime::parse_from_rfc2822(date.to_str().ok()?).ok())
        .ok_or("应答没有日期")?;
    Ok(middle - date.with_timezone(&Utc))
}

/// Says how far the clock is off what `whose` says.
pub(super) fn judge_clock(
    check: &'static str,
    whose: &str,
    off: TimeDelta,
    findings: &mut Findings,
) {
    let seconds = off.num_milliseconds().unsigned_abs().div_ceil(1000);
    let direction = if off < TimeDelta::zero() {
        "慢"
    } else {
        "快"
    };
    let text = format!("本机时钟比 {whose} {direction}约 {seconds} 秒");
    let advice =
        "以 chrony 或 systemd-timesyncd 校准两边的时钟；动态口令、签到码和微信推送都按时钟判断";
    if CLOCK_WRONG < off.abs() {
        findings.wrong(check, text, advice);
    } else if CLOCK_NOTE < off.abs() {
        findings.note(check, text, advice);
    } else {
        findings.fine(check, format!("本机时钟与 {whose} 一致"));
    }
}

/// Looks how much room is left where something is written.
pub(super) fn examine_space(what: &str, folder: &Path, findings: &mut Findings) {
    let place = format!("{what}（{}）", folder.display());
    let Ok(about) = rustix::fs::statvfs(folder) else {
        findings.note(
            "disk",
            format!("{place} 不在本机，没有检查剩余空间"),
            "在存放它的机器上检查",
        );
        return;
    };
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    judge_space(&place, free, findings);
}

fn judge_space(place: &str, free: u64, findings: &mut Findings) {
    let text = format!("{place} 还剩 {} MiB", free / MIB);
    let advice = "腾出空间或扩大磁盘；空间用完时数据库停止写入";
    if free < SPACE_WRONG {
        findings.wrong("disk", text, advice);
    } else if free < SPACE_NOTE {
        findings.note("disk", text, advice);
    } else {
        findings.fine("disk", text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    fn verdict(look: impl FnOnce(&mut Findings)) -> Verdict {
        let mut findings = Findings::default();
        look(&mut findings);
        assert_eq!(findings.0.len(), 1);
        findings.0[0].verdict
    }

    #[test]
    fn a_clock_is_wrong_by_half_a_minute_in_either_direction() {
        let off = |seconds| {
            verdict(|findings| {
                judge_clock("clock_http", "x", TimeDelta::seconds(seconds), findings);
            })
        };

        assert_eq!(off(0), Verdict::Fine);
        assert_eq!(off(5), Verdict::Fine);
        assert_eq!(off(-6), Verdict::Note);
        assert_eq!(off(30), Verdict::Note);
        assert_eq!(off(31), Verdict::Wrong);
        assert_eq!(off(-31), Verdict::Wrong);
    }

    #[test]
    fn a_disk_that_is_nearly_full_is_wrong_before_the_database_stops() {
        let left = |mib| verdict(|findings| judge_space("x", mib * MIB, findings));

        assert_eq!(left(4096), Verdict::Fine);
        assert_eq!(left(2047), Verdict::Note);
        assert_eq!(left(511), Verdict::Wrong);
        assert_eq!(left(0), Verdict::Wrong);
    }
}
