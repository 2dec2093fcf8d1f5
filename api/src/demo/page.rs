//! The page a newcomer reads in the terminal.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use wechat::sim::Sim;

use super::story::Told;
use super::world::MINI_PROGRAM;
use crate::app::App;
use crate::founding::totp_code;

/// What to open, with which account, and what to paste.
pub fn page(app: &App, sim: &Sim, base: &str, told: &Told) -> Result<String> {
    let member = told
        .members
        .iter()
        .find(|member| member.group == 0 && !member.convener)
        .context("a member of the first group")?;
    let simulator = sim.base_url();
    let mut page = String::new();
    writeln!(
        page,
        "\n邢动驿站 演示 · 现在是 {}\n",
        crate::extract::instant::text(app.clock.now())
    )?;
    writeln!(page, "打开")?;
    writeln!(page, "  接口文档      {base}/api/docs/")?;
    writeln!(
        page,
        "  微信模拟器    {simulator}/sim/   （每部手机收到的消息）\n"
    )?;
    writeln!(page, "账号（动态口令每 30 秒变化，每个口令只能用一次）")?;
    for account in &told.accounts {
        let code = match &account.totp_secret {
            Some(secret) => {
                let code = totp_code(secret, app.clock.now()).context("our own secret")?;
                format!("动态口令 {code}  密钥 {secret}")
            }
            None => String::new(),
        };
        writeln!(
            page,
            "  {:<9} {}  {}  {code}",
            account.username, account.password, account.seat
        )?;
    }
    writeln!(
        page,
        "\n可直接粘贴（委员 {}，手机在模拟器里叫 {}）",
        member.name, member.key
    )?;
    writeln!(
        page,
        r#"
  # 1 微信登录（这位委员已绑定手机号）
  CODE=$(curl -s -X POST "{simulator}/sim/people/{key}/login-code?app_id={MINI_PROGRAM}" -H 'content-length: 0' | python3 -c 'import sys,json; print(json.load(sys.stdin)["code"])')
  TOKEN=$(curl -s {base}/api/v1/auth/wechat -H 'content-type: application/json' -d "{{\"app_id\":\"{MINI_PROGRAM}\",\"code\":\"$CODE\"}}" | python3 -c 'import sys,json; print(json.load(sys.stdin)["access_token"])')

  # 2 签到：「{title}」现在开放签到；签到码由专委会的屏幕显示
  STAFF=$(curl -s {base}/api/v1/auth/password -H 'content-type: application/json' -d '{{"username":"staff1","password":"{staff}"}}' | python3 -c 'import sys,json; print(json.load(sys.stdin)["access_token"])')
  SCREEN=$(curl -s {base}/api/v1/activities/{activity}/check-in-code -H "authorization: Bearer $STAFF" | python3 -c 'import sys,json; print(json.load(sys.stdin)["code"])')
  curl -s {base}/api/v1/activities/{activity}/check-ins -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d "{{\"code\":\"$SCREEN\",\"client_id\":\"curl-1\"}}"

  # 3 看本人积分，每一分都有条款、事实和算法
  curl -s "{base}/api/v1/me/score?period={period}" -H "authorization: Bearer $TOKEN"
"#,
        key = member.key,
        title = told.open_title,
        staff = told
            .accounts
            .iter()
            .find(|account| account.username == "staff1")
            .map(|account| account.password.as_str())
            .context("staff1")?,
        activity = told.open_activity,
        period = told.period,
    )?;
    writeln!(page, "按 Ctrl-C 结束。")?;
    Ok(page)
}
