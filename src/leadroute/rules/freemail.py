"""Providers of free mailboxes, so that a business address can be told from a private one.

A short public list of the large providers. A host with a better one hands it to ``Environment(free_mail=...)``.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FREE_MAIL"]

FREE_MAIL: Final = frozenset(
    """
    126.com 163.com alice.it aol.com arcor.de bigpond.com bluewin.ch bol.com.br btinternet.com centrum.cz
    comcast.net cox.net daum.net duck.com eircom.net email.com email.cz fastmail.com fastmail.fm free.fr
    freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hanmail.net hey.com hotmail.co.uk
    hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com inbox.com inbox.ru
    interia.pl juno.com kakao.com kpnmail.nl laposte.net libero.it list.ru live.ca live.co.uk live.com live.de
    live.fr live.nl mac.com mail.com mail.de mail.ru me.com msn.com mweb.co.za naver.com neuf.fr ntlworld.com
    o2.pl onet.pl online.de optonline.net orange.fr outlook.com outlook.de outlook.es outlook.fr outlook.it
    pm.me poczta.onet.pl posteo.de proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com
    rocketmail.com rogers.com sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be
    sympatico.ca t-online.de talktalk.net telenet.be telus.net terra.com.br tiscali.it tuta.com tutanota.com
    uol.com.br verizon.net virgilio.it virginmedia.com vodafone.it wanadoo.fr web.de windowslive.com wp.pl
    xtra.co.nz yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br yahoo.de
    yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru yeah.net ymail.com zoho.com
    """.split()
)
"""Domains of providers of free mailboxes."""
