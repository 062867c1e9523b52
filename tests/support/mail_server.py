"""A mail server for tests, made of aiosmtpd. Arguments: what the certificate is used for (plain,
starttls, tls), the PEM files of certificate and key, the folder of mails. Prints its port.

Login is "joe" with the password "open sesame", asked for with the argument "login" behind. Mail for
full@... is put off (452), for gone@... refused (550); for hang@... there is no answer at all."""

import asyncio
import itertools
import ssl
import os
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

security, certificate, key, folder = sys.argv[1:5]
needs_login = "login" in sys.argv[5:]
numbers = itertools.count(1)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("full@"):
            return "452 4.3.1 Insufficient system storage"
        if address.startswith("gone@"):
            return "550 5.1.1 No such user"
        if address.startswith("hang@"):
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        number = next(numbers)
        with open(f"{folder}/.{number}", "wb") as file:
            file.write(f"tls={security == 'tls' or session.ssl is not None} login={session.authenticated}\n".encode())
            file.write(f"from={envelope.mail_from} to={','.join(envelope.rcpt_tos)}\n\n".encode())
            file.write(envelope.content)
        os.rename(f"{folder}/.{number}", f"{folder}/{number}")
        return "250 OK"


def check(server, session, envelope, mechanism, data):
    expected = LoginPassword(b"joe", b"open sesame")
    if isinstance(data, LoginPassword) and data == expected:
        return AuthResult(success=True)
    # As careless servers do it, so that what is said about it can leak.
    text = f"535 5.7.8 Not {data.password.decode()}" if isinstance(data, LoginPassword) else None
    return AuthResult(success=False, handled=False, message=text)


context = None
if security != "plain":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)


def session():
    return SMTP(
        Handler(),
        hostname="mail.test",
        tls_context=context if security == "starttls" else None,
        require_starttls=security == "starttls",
        authenticator=check,
        auth_required=needs_login,
        auth_require_tls=security == "starttls",
        enable_SMTPUTF8=True,
    )


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        session, "127.0.0.1", 0, ssl=context if security == "tls" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
