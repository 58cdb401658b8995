"""A client whose first packet is the first byte of its ClientHello. Run by path.

    slow_hello.py HOST CAFILE

Prints ``trusted`` when the host's certificate is vouched for by CAFILE, else why it is not.
"""

import socket
import ssl
import sys
import time


def main(host: str, cafile: str) -> None:
    told, heard = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=cafile)
    inner = context.wrap_bio(told, heard, server_hostname=host)
    with socket.create_connection((host, 443), timeout=20) as connection:
        first = True
        while True:
            try:
                inner.do_handshake()
            except ssl.SSLWantReadError:
                words = heard.read()
                if first:
                    connection.sendall(words[:1])
                    time.sleep(0.3)  # so that the proxy decides by this byte
                    words, first = words[1:], False
                connection.sendall(words)
                told.write(connection.recv(65536))
            except ssl.SSLError as error:
                sys.stdout.write(f"{error}\n")
                return
            else:
                sys.stdout.write("trusted\n")
                return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
