//! The list of WeChat paths the simulator answers, and what each demands before it is asked.

use std::collections::HashMap;

use super::answer::{Ask, Outcome};
use super::state::World;
use super::{
    blacklist, checks, codes, customer, followers, library, login, media, menu, messages, oauth,
    ops, tags, tokens,
};

/// Which credential a path asks for.
#[derive(Clone, Copy)]
pub(super) enum Auth {
    /// `access_token` in the query.
    Token,
    /// `appid` and `secret`.
    Secret,
    /// None that belongs to an account.
    Nothing,
}

/// Which accounts may use a path.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Everyone,
    MiniProgram,
    Official,
    Service,
}

pub(super) struct Endpoint {
    pub path: &'static str,
    pub get: bool,
    /// The body is no JSON.
    pub raw: bool,
    pub auth: Auth,
    pub who: Who,
    /// A mini-program's whitelist holds for it, too.
    pub guarded: bool,
    /// What may stand in the query besides the credential.
    params: &'static [&'static str],
    pub run: fn(&mut World, &Ask) -> Outcome,
}

impl Endpoint {
    const fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    const fn guarded(mut self) -> Self {
        self.guarded = true;
        self
    }

    const fn with(mut self, params: &'static [&'static str]) -> Self {
        self.params = params;
        self
    }

    /// The first parameter, by name, that the path does not know.
    pub fn unknown_parameter<'a>(&self, query: &'a HashMap<String, String>) -> Option<&'a str> {
        let credential: &[&str] = match self.auth {
            Auth::Token => &["access_token"],
            Auth::Secret => &["appid", "secret"],
            Auth::Nothing => &[],
        };
        query
            .keys()
            .map(String::as_str)
            .filter(|name| !credential.contains(name) && !self.params.contains(name))
            .min()
    }
}

type Run = fn(&mut World, &Ask) -> Outcome;

const fn get(path: &'static str, auth: Auth, who: Who, run: Run) -> Endpoint {
    Endpoint {
        path,
        get: true,
        raw: false,
        auth,
        who,
        guarded: false,
        params: &[],
        run,
    }
}

const fn post(path: &'static str, auth: Auth, who: Who, run: Run) -> Endpoint {
    Endpoint {
        get: false,
        ..get(path, auth, who, run)
    }
}

use Auth::{Nothing, Secret, Token};
use Who::{Everyone, MiniProgram, Official, Service};

/// What asks for or comes from an `openid` or a signature, as the paths below name it.
const SIGNED: &[&str] = &["openid", "signature", "sig_method"];
const GRANTED: &[&str] = &["access_token", "openid", "lang"];

#[rustfmt::skip]
static ENDPOINTS: &[Endpoint] = &[
    // Credentials, quotas and the account itself.
    get("cgi-bin/token", Secret, Everyone, tokens::classic).guarded().with(&["grant_type"]),
    post("cgi-bin/stable_token", Secret, Everyone, tokens::stable).guarded(),
    post("cgi-bin/clear_quota", Token, Everyone, ops::clear_quota),
    post("cgi-bin/clear_quota/v2", Secret, Everyone, ops::clear_quota).guarded(),
    post("cgi-bin/openapi/quota/get", Token, Everyone, ops::quota),
    post("cgi-bin/openapi/quota/clear", Token, Everyone, ops::clear_path),
    post("cgi-bin/openapi/rid/get", Token, Everyone, ops::rid),
    get("cgi-bin/getcallbackip", Token, Everyone, ops::addresses),
    get("cgi-bin/get_api_domain_ip", Token, Everyone, ops::addresses),
    post("cgi-bin/callback/check", Token, Everyone, ops::check_callback),
    get("cgi-bin/ticket/getticket", Token, Official, ops::ticket).with(&["type"]),

    // Followers.
    get("cgi-bin/user/get", Token, Official, followers::list).with(&["next_openid"]),
    get("cgi-bin/user/info", Token, Official, followers::info).with(&["openid", "lang"]),
    post("cgi-bin/user/info/batchget", Token, Official, followers::batch),
    post("cgi-bin/user/info/updateremark", Token, Official, followers::remark),
    post("cgi-bin/tags/create", Token, Official, tags::create),
    get("cgi-bin/tags/get", Token, Official, tags::list),
    post("cgi-bin/tags/update", Token, Official, tags::update),
    post("cgi-bin/tags/delete", Token, Official, tags::delete),
    post("cgi-bin/tags/members/batchtagging", Token, Official, tags::tag_members),
    post("cgi-bin/tags/members/batchuntagging", Token, Official, tags::untag_members),
    post("cgi-bin/tags/getidlist", Token, Official, tags::of_member),
    post("cgi-bin/user/tag/get", Token, Official, tags::members_of),
    post("cgi-bin/tags/members/getblacklist", Token, Official, blacklist::list),
    post("cgi-bin/tags/members/batchblacklist", Token, Official, blacklist::add),
    post("cgi-bin/tags/members/batchunblacklist", Token, Official, blacklist::remove),

    // Messages and their templates.
    post("cgi-bin/message/template/send", Token, Service, messages::template_send),
    get("cgi-bin/template/get_all_private_template", Token, Service, library::list_private),
    post("cgi-bin/template/api_add_template", Token, Service, library::add_private),
    post("cgi-bin/template/del_private_template", Token, Service, library::delete_private),
    get("cgi-bin/template/get_industry", Token, Service, library::industry),
    post("cgi-bin/template/api_set_industry", Token, Service, library::set_industry),
    post("cgi-bin/message/subscribe/send", Token, MiniProgram, messages::subscribe_send),
    post("cgi-bin/message/subscribe/bizsend", Token, Service, messages::biz_send),
    get("wxaapi/newtmpl/gettemplate", Token, Everyone, library::list_subscription),
    post("wxaapi/newtmpl/addtemplate", Token, Everyone, library::add_subscription),
    post("wxaapi/newtmpl/deltemplate", Token, Everyone, library::delete_subscription),
    get("wxaapi/newtmpl/getcategory", Token, Everyone, library::categories),
    get("wxaapi/newtmpl/getpubtemplatetitles", Token, Everyone, library::titles)
        .with(&["ids", "start", "limit"]),
    get("wxaapi/newtmpl/getpubtemplatekeywords", Token, Everyone, library::keywords)
        .with(&["tid"]),
    post("cgi-bin/message/custom/send", Token, Everyone, customer::send),
    post("wxa/sec/queryblocktmplmsg", Token, Everyone, checks::blocked_messages),

    // Menus, codes, media.
    post("cgi-bin/menu/create", Token, Official, menu::create),
    get("cgi-bin/menu/get", Token, Official, menu::get),
    get("cgi-bin/menu/delete", Token, Official, menu::delete),
    post("cgi-bin/menu/addconditional", Token, Official, menu::add_conditional),
    post("cgi-bin/menu/delconditional", Token, Official, menu::delete_conditional),
    post("cgi-bin/menu/trymatch", Token, Official, menu::try_match),
    get("cgi-bin/get_current_selfmenu_info", Token, Official, menu::current),
    post("cgi-bin/qrcode/create", Token, Service, codes::create_qrcode),
    get("cgi-bin/showqrcode", Nothing, Everyone, codes::show_qrcode).with(&["ticket"]),
    post("cgi-bin/media/upload", Token, Everyone, media::upload).raw().with(&["type"]),
    post("cgi-bin/media/uploadimg", Token, Official, media::upload_image).raw(),
    post("cgi-bin/draft/add", Token, Official, media::add_draft),

    // Web pages in WeChat's browser.
    get("sns/oauth2/access_token", Secret, Service, oauth::access_token)
        .with(&["code", "grant_type"]),
    get("sns/oauth2/refresh_token", Nothing, Everyone, oauth::refresh_token)
        .with(&["appid", "grant_type", "refresh_token"]),
    get("sns/userinfo", Nothing, Everyone, oauth::user_info).with(GRANTED),
    get("sns/auth", Nothing, Everyone, oauth::auth).with(GRANTED),

    // Mini-programs.
    get("sns/jscode2session", Secret, MiniProgram, login::session)
        .with(&["js_code", "grant_type"]),
    get("wxa/checksession", Token, MiniProgram, login::check_session).with(SIGNED),
    get("wxa/resetusersessionkey", Token, MiniProgram, login::reset_session).with(SIGNED),
    post("wxa/business/getuserphonenumber", Token, MiniProgram, login::phone_number),
    post("wxa/business/checkencryptedmsg", Token, MiniProgram, checks::sealed_data),
    post("wxa/getwxacodeunlimit", Token, MiniProgram, codes::mini_program_code),
    post("wxa/msg_sec_check", Token, MiniProgram, checks::text),
    post("wxa/media_check_async", Token, MiniProgram, checks::media),
];

/// The path as WeChat knows it, or nothing: then the answer is 40066.
pub(super) fn find(path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.path == path)
}
