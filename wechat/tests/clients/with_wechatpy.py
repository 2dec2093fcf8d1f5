"""Drives wechatpy, as it comes from PyPI, against the simulator.

    with_wechatpy.py call '{"base_url", "app_id", "secret", …}'   one line of JSON: what it got
    with_wechatpy.py lasting-40001 '{…}'                          how it ended
    with_wechatpy.py serve '{…}'                                  a callback address until killed

Nothing of the package is changed: an adapter of its HTTP session sends what is meant for WeChat's
hosts to the simulator.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import requests
from wechatpy import WeChatClient, create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException
from wechatpy.utils import check_signature

HOSTS = ("https://api.weixin.qq.com", "https://mp.weixin.qq.com")


class ToSimulator(requests.adapters.HTTPAdapter):
    def __init__(self, base_url):
        super().__init__()
        self.base_url = base_url

    def send(self, request, **options):
        for host in HOSTS:
            if request.url.startswith(host):
                request.url = self.base_url + request.url[len(host):]
        return super().send(request, **options)


def client(given):
    made = WeChatClient(given["app_id"], given["secret"])
    made._http.mount("https://", ToSimulator(given["base_url"]))
    return made


def call(given):
    wechat = client(given)
    sent = wechat.message.send_template(
        given["openid"],
        given["template_id"],
        {"thing1": {"value": "春季座谈会"}, "time2": {"value": "2026年3月5日 15:00"}},
        url="https://example.org/a/1",
    )
    menu = {"button": [{"type": "click", "name": "帮助", "key": "help"}]}
    wechat.menu.create(menu)
    code = wechat.qrcode.create(
        {
            "action_name": "QR_STR_SCENE",
            "expire_seconds": 600,
            "action_info": {"scene": {"scene_str": "bind"}},
        }
    )
    picture = wechat._http.get(wechat.qrcode.get_url(code["ticket"]))
    try:
        wechat.message.send_template(given["openid"], "no-such-template", {})
        refused = None
    except WeChatClientException as error:
        refused = error.errcode
    tag = wechat.tag.create("委员")["id"]
    wechat.tag.tag_user(tag, [given["openid"]])
    return {
        "token": wechat.access_token,
        "msgid": sent["msgid"],
        "followers": list(wechat.user.iter_followers()),
        "user": wechat.user.get(given["openid"]),
        "batch": wechat.user.get_batch([given["openid"]]),
        "menu": wechat.menu.get()["menu"]["button"],
        "ticket": code["ticket"],
        "picture": picture.content[:4].hex(),
        "tags": wechat.tag.get_user_tag(given["openid"]),
        "ticket_of_pages": wechat.jsapi.get_jsapi_ticket(),
        "refused": refused,
    }


def lasting_40001(given):
    try:
        client(given).user.get(given["openid"])
    except WeChatClientException as error:
        return {"ended": "refused", "errcode": error.errcode}
    except RecursionError:
        return {"ended": "recursion"}
    return {"ended": "answered"}


def serve(given):
    crypto = WeChatCrypto(given["token"], given["aes_key"], given["app_id"])

    class Callback(BaseHTTPRequestHandler):
        def query(self):
            return {name: found[0] for name, found in parse_qs(urlsplit(self.path).query).items()}

        def do_GET(self):
            query = self.query()
            check_signature(given["token"], query["signature"], query["timestamp"], query["nonce"])
            self.answer(query["echostr"])

        def do_POST(self):
            query = self.query()
            body = self.rfile.read(int(self.headers["Content-Length"]))
            opened = crypto.decrypt_message(
                body, query["msg_signature"], query["timestamp"], query["nonce"]
            )
            message = parse_message(opened)
            name = message.type if message.type != "event" else message.event
            print(json.dumps({"opened": name, "from": message.source}), flush=True)
            if message.type != "text":
                return self.answer("success")
            reply = create_reply("收到：" + message.content, message).render()
            self.answer(crypto.encrypt_message(reply, query["nonce"], query["timestamp"]))

        def answer(self, text):
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Callback)
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


DEEDS = {"call": call, "lasting-40001": lasting_40001, "serve": serve}

if __name__ == "__main__":
    print(json.dumps(DEEDS[sys.argv[1]](json.loads(sys.argv[2])), ensure_ascii=False))
