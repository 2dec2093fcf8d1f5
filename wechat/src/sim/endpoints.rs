//! The list of WeChat paths the simulator answers, and what each demands before it is asked.

use super::answer::{Ask, Outcome};
use super::state::World;
use super::{codes, followers, login, menu, messages, ops, template, tokens};

/// Which credential a path asks for.
#[derive(Clone, Copy)]
pub(super) enum Auth {
    /// `access_token` in the query.
    Token,
    /// `appid` and `secret`.
    Secret,
    /// None at all.
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
        run,
    }
}

const fn post(path: &'static str, auth: Auth, who: Who, run: Run) -> Endpoint {
    Endpoint {
        path,
        get: false,
        raw: false,
        auth,
        who,
        guarded: false,
        run,
    }
}

use Auth::{Nothing, Secret, Token};
use Who::{Everyone, MiniProgram, Official, Service};

static ENDPOINTS: &[Endpoint] = &[
    get("cgi-bin/token", Secret, Everyone, tokens::classic).guarded(),
    post("cgi-bin/stable_token", Secret, Everyone, tokens::stable).guarded(),
    post("cgi-bin/clear_quota", Token, Everyone, ops::clear_quota),
    post("cgi-bin/clear_quota/v2", Secret, Everyone, ops::clear_quota).guarded(),
    post("cgi-bin/openapi/quota/get", Token, Everyone, ops::quota),
    post("cgi-bin/openapi/rid/get", Token, Everyone, ops::rid),
    get("cgi-bin/getcallbackip", Token, Everyone, ops::addresses),
    get("cgi-bin/get_api_domain_ip", Token, Everyone, ops::addresses),
    get("cgi-bin/ticket/getticket", Token, Official, ops::ticket),
    post("cgi-bin/media/upload", Token, Everyone, ops::upload).raw(),
    get("cgi-bin/user/get", Token, Official, followers::list),
    get("cgi-bin/user/info", Token, Official, followers::info),
    post(
        "cgi-bin/user/info/batchget",
        Token,
        Official,
        followers::batch,
    ),
    post(
        "cgi-bin/message/template/send",
        Token,
        Service,
        messages::template_send,
    ),
    get(
        "cgi-bin/template/get_all_private_template",
        Token,
        Service,
        template::list_private,
    ),
    get(
        "wxaapi/newtmpl/gettemplate",
        Token,
        Everyone,
        template::list_subscription,
    ),
    post(
        "cgi-bin/message/subscribe/send",
        Token,
        MiniProgram,
        messages::subscribe_send,
    ),
    post(
        "cgi-bin/message/custom/send",
        Token,
        Everyone,
        messages::custom_send,
    ),
    post("cgi-bin/menu/create", Token, Official, menu::create),
    get("cgi-bin/menu/get", Token, Official, menu::get),
    get("cgi-bin/menu/delete", Token, Official, menu::delete),
    post(
        "cgi-bin/qrcode/create",
        Token,
        Service,
        codes::create_qrcode,
    ),
    get("cgi-bin/showqrcode", Nothing, Everyone, codes::show_qrcode),
    get("sns/jscode2session", Secret, MiniProgram, login::session),
    get("wxa/checksession", Token, MiniProgram, login::check_session),
    get(
        "wxa/resetusersessionkey",
        Token,
        MiniProgram,
        login::reset_session,
    ),
    post(
        "wxa/business/getuserphonenumber",
        Token,
        MiniProgram,
        login::phone_number,
    ),
    post(
        "wxa/getwxacodeunlimit",
        Token,
        MiniProgram,
        codes::mini_program_code,
    ),
    post("wxa/msg_sec_check", Token, MiniProgram, ops::check_text),
];

/// The path as WeChat knows it, or nothing: then the answer is 40066.
pub(super) fn find(path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.path == path)
}
