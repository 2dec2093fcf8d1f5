//! WeChat's refusals in the operator's words.

use wechat::Error;

/// What a refusal means and what to do about it.
pub fn explain(error: &Error) -> (String, String) {
    let api = match error {
        Error::Api(api) => api,
        Error::NotSent { .. } => {
            return (
                "连接不上微信".to_owned(),
                "核对服务器能否访问 api.weixin.qq.com（域名解析、防火墙、wechat.base_url）"
                    .to_owned(),
            );
        }
        Error::Ambiguous { .. } => {
            return (
                "微信没有给出可读的应答".to_owned(),
                "稍后再试；若一直如此，核对出口代理和 wechat.base_url".to_owned(),
            );
        }
        other => return (other.to_string(), "把这一行交给维护人员".to_owned()),
    };
    let (text, advice) = match api.code {
        40001 | 40125 => (
            "AppSecret 不正确",
            "在公众平台重置或重新复制 AppSecret，填入 secret；注意不要填成别的账号的",
        ),
        40013 | 40002 => ("AppID 不正确", "核对 app_id 是否为 wx 开头的 18 位"),
        40164 => {
            let seen = api
                .seen_ip
                .map_or_else(|| "（未告知）".to_owned(), |ip| ip.to_string());
            return (
                format!("服务器地址 {seen} 不在该账号的 IP 白名单中（40164）"),
                format!(
                    "在公众平台“设置与开发—安全中心—IP 白名单”中加入 {seen}；出口地址变动后每个账号都要改"
                ),
            );
        }
        40243 => ("AppSecret 已被冻结", "在公众平台“开发接口管理”中解冻"),
        48001 => (
            "该账号没有这个接口的权限（48001）",
            "核对账号是否为已认证的服务号，以及接口权限是否开通",
        ),
        45064 => (
            "小程序没有与该公众号关联（45064）",
            "在公众平台“广告与服务—小程序管理”中关联小程序",
        ),
        45009 => (
            "今日调用次数已用完（45009）",
            "次日零点恢复，或在公众平台清零",
        ),
        50002 | 50007 | 61004 => ("账号被限制使用", "登录公众平台查看站内信并按提示处理"),
        89503 | 89506 | 89507 => (
            "该地址的调用等待管理员确认",
            "请账号管理员在微信上确认后再试",
        ),
        _ => {
            return (
                format!("微信拒绝（{}）：{}", api.code, api.message),
                "按错误码查微信文档，或把这一行交给维护人员".to_owned(),
            );
        }
    };
    (text.to_owned(), advice.to_owned())
}
