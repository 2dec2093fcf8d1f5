//! The calls of WeChat's interface we make: where each lives, what it carries and who may make it.
//!
//! Making them is left to [`crate::account`]; each stands with its subject.

/// What an app is, as its console shows it. WeChat opens different calls to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppKind {
    /// 小程序.
    MiniProgram,
    /// 服务号: may send template messages and have codes with a scene.
    ServiceAccount,
    /// 订阅号, now called 公众号: has followers and a menu, and no template messages.
    SubscriptionAccount,
}

/// To whom WeChat opens a call; anybody else is refused with 48001.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Every app.
    Anyone,
    /// Mini-programs.
    MiniProgram,
    /// Official accounts of either kind.
    Official,
    /// Service accounts.
    ServiceAccount,
}

impl Audience {
    /// Whether an app of this kind belongs to it.
    pub const fn admits(self, kind: AppKind) -> bool {
        match self {
            Self::Anyone => true,
            Self::MiniProgram => matches!(kind, AppKind::MiniProgram),
            Self::Official => !matches!(kind, AppKind::MiniProgram),
            Self::ServiceAccount => matches!(kind, AppKind::ServiceAccount),
        }
    }
}

/// What a call proves itself with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The access token of the app, fetched and replaced by [`crate::token`].
    Token,
    /// The `AppSecret` itself.
    Secret,
    /// A token one person granted, or nothing: never touched by the app's own token.
    Other,
}

/// Writes the list of calls: name, path, credential, audience.
macro_rules! endpoints {
    ($($(#[$doc:meta])+ $name:ident $path:literal $credential:ident $audience:ident;)+) => {
        /// A call to WeChat, by its place in the interface.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Endpoint {
            $($(#[$doc])+ $name,)+
        }

        impl Endpoint {
            /// Every call.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The path behind the host.
            pub const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)+
                }
            }

            /// What the call proves itself with.
            pub const fn credential(self) -> Credential {
                match self {
                    $(Self::$name => Credential::$credential,)+
                }
            }

            /// Who may make the call.
            pub const fn audience(self) -> Audience {
                match self {
                    $(Self::$name => Audience::$audience,)+
                }
            }
        }
    };
}

endpoints! {
    /// The stable access token.
    StableToken "/cgi-bin/stable_token" Secret Anyone;
    /// The quota of a call.
    QuotaGet "/cgi-bin/openapi/quota/get" Token Anyone;
    /// What became of a request, by its rid.
    RidGet "/cgi-bin/openapi/rid/get" Token Anyone;
    /// All quotas afresh, ten times a month.
    ClearQuota "/cgi-bin/clear_quota" Token Anyone;
    /// The same without a token.
    ClearQuotaBySecret "/cgi-bin/clear_quota/v2" Secret Anyone;
    /// The addresses WeChat pushes from.
    CallbackAddresses "/cgi-bin/getcallbackip" Token Anyone;
    /// The addresses WeChat answers at.
    ApiAddresses "/cgi-bin/get_api_domain_ip" Token Anyone;
    /// A look at our callback address from WeChat's side.
    CallbackCheck "/cgi-bin/callback/check" Token Anyone;

    /// The code of `wx.login` against an openid.
    Login "/sns/jscode2session" Secret MiniProgram;
    /// Whether a `session_key` still counts.
    CheckSession "/wxa/checksession" Token MiniProgram;
    /// A new `session_key` for a person.
    ResetSession "/wxa/resetusersessionkey" Token MiniProgram;
    /// The code of the phone button against a number.
    PhoneNumber "/wxa/business/getuserphonenumber" Token MiniProgram;
    /// Whether encrypted data came from WeChat.
    CheckEncryptedMsg "/wxa/business/checkencryptedmsg" Token MiniProgram;

    /// A template message of an official account.
    TemplateSend "/cgi-bin/message/template/send" Token ServiceAccount;
    /// The templates of an official account.
    Templates "/cgi-bin/template/get_all_private_template" Token ServiceAccount;
    /// A template taken from the library.
    TemplateAdd "/cgi-bin/template/api_add_template" Token ServiceAccount;
    /// A template given up.
    TemplateDelete "/cgi-bin/template/del_private_template" Token ServiceAccount;
    /// The industries an account stated.
    IndustryGet "/cgi-bin/template/get_industry" Token ServiceAccount;
    /// The industries an account states.
    IndustrySet "/cgi-bin/template/api_set_industry" Token ServiceAccount;
    /// Template messages WeChat held back.
    BlockedTemplateMessages "/wxa/sec/queryblocktmplmsg" Token ServiceAccount;

    /// A subscribe message of the mini-program.
    SubscribeSend "/cgi-bin/message/subscribe/send" Token MiniProgram;
    /// A subscribe notice of an official account.
    BizSend "/cgi-bin/message/subscribe/bizsend" Token Official;
    /// The subscribe templates an app has.
    SubscribeTemplates "/wxaapi/newtmpl/gettemplate" Token Anyone;
    /// A subscribe template taken from the library.
    SubscribeTemplateAdd "/wxaapi/newtmpl/addtemplate" Token Anyone;
    /// A subscribe template given up.
    SubscribeTemplateDelete "/wxaapi/newtmpl/deltemplate" Token Anyone;
    /// The categories an app stated.
    SubscribeCategories "/wxaapi/newtmpl/getcategory" Token Anyone;
    /// The templates the library has for categories.
    LibraryTitles "/wxaapi/newtmpl/getpubtemplatetitles" Token Anyone;
    /// The fields of a template of the library.
    LibraryKeywords "/wxaapi/newtmpl/getpubtemplatekeywords" Token Anyone;

    /// A message to somebody who wrote to us a while ago.
    CustomSend "/cgi-bin/message/custom/send" Token Anyone;

    /// The followers of an official account.
    Followers "/cgi-bin/user/get" Token Official;
    /// One follower.
    UserInfo "/cgi-bin/user/info" Token Official;
    /// Up to a hundred followers.
    UserInfoBatch "/cgi-bin/user/info/batchget" Token Official;
    /// What the keepers of an account call a follower.
    UpdateRemark "/cgi-bin/user/info/updateremark" Token Official;
    /// A new tag.
    TagCreate "/cgi-bin/tags/create" Token Official;
    /// The tags of an account.
    Tags "/cgi-bin/tags/get" Token Official;
    /// A new name for a tag.
    TagUpdate "/cgi-bin/tags/update" Token Official;
    /// A tag given up.
    TagDelete "/cgi-bin/tags/delete" Token Official;
    /// A tag put on followers.
    TagMembers "/cgi-bin/tags/members/batchtagging" Token Official;
    /// A tag taken off followers.
    UntagMembers "/cgi-bin/tags/members/batchuntagging" Token Official;
    /// The tags of one follower.
    TagsOfUser "/cgi-bin/tags/getidlist" Token Official;
    /// The followers with a tag.
    UsersOfTag "/cgi-bin/user/tag/get" Token Official;

    /// The menu set.
    MenuCreate "/cgi-bin/menu/create" Token Official;
    /// The menu as set by us.
    MenuGet "/cgi-bin/menu/get" Token Official;
    /// The menu taken away.
    MenuDelete "/cgi-bin/menu/delete" Token Official;
    /// The menu as it shows, set by us or in the console.
    CurrentMenu "/cgi-bin/get_current_selfmenu_info" Token Official;

    /// A code of an official account with a scene.
    QrcodeCreate "/cgi-bin/qrcode/create" Token ServiceAccount;
    /// The picture of such a code.
    ShowQrcode "/cgi-bin/showqrcode" Other ServiceAccount;
    /// A mini-program code with a scene.
    WxaCodeUnlimited "/wxa/getwxacodeunlimit" Token MiniProgram;

    /// A picture or a recording, kept three days.
    MediaUpload "/cgi-bin/media/upload" Token Anyone;
    /// A picture for an article.
    UploadImg "/cgi-bin/media/uploadimg" Token Official;
    /// A draft of articles.
    DraftAdd "/cgi-bin/draft/add" Token Official;

    /// A text judged.
    MsgSecCheck "/wxa/msg_sec_check" Token MiniProgram;
    /// A picture or a recording to be judged.
    MediaCheckAsync "/wxa/media_check_async" Token MiniProgram;

    /// The code of a web page against an openid.
    OauthToken "/sns/oauth2/access_token" Secret ServiceAccount;
    /// A person's token renewed.
    OauthRefresh "/sns/oauth2/refresh_token" Other ServiceAccount;
    /// A person's name and picture.
    OauthUserInfo "/sns/userinfo" Other ServiceAccount;
    /// Whether a person's token still counts.
    OauthCheck "/sns/auth" Other ServiceAccount;
    /// The ticket that signs pages for the JSSDK.
    JsapiTicket "/cgi-bin/ticket/getticket" Token Official;
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.path())
    }
}
