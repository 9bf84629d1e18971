# make install, uninstall, deb: the layout of Debian, below DESTDIR.
#
#   make install DESTDIR=/tmp/stage
#   make install CONFD_BIN=path MODULE_SO=path   what is built already
#
# The configuration that is there is kept; uninstall removes it only when it
# is as it was installed.

PREFIX      ?= /usr
SYSCONFDIR  ?= /etc
MODULES     ?= $(PREFIX)/lib/nginx/modules
CONFD_BIN   ?= build/release/confd
MODULE_SO   ?= build/module/ngx_http_conference_module.so

D_SBIN       = $(DESTDIR)$(PREFIX)/sbin
D_MODULES    = $(DESTDIR)$(MODULES)
D_SHARE      = $(DESTDIR)$(PREFIX)/share
D_AVAILABLE  = $(D_SHARE)/nginx/modules-available
D_ENABLED    = $(DESTDIR)$(SYSCONFDIR)/nginx/modules-enabled
D_ETC        = $(DESTDIR)$(SYSCONFDIR)/confd
D_UNIT       = $(DESTDIR)$(PREFIX)/lib/systemd/system
D_SYSUSERS   = $(DESTDIR)$(PREFIX)/lib/sysusers.d
D_MAN        = $(D_SHARE)/man
D_DOC        = $(D_SHARE)/doc/libnginx-mod-http-conference
D_HTML       = $(D_SHARE)/conference

SNIPPET      = mod-http-conference.conf
LINK         = 50-mod-http-conference.conf
MAN8         = confd.8 ngx_http_conference_module.8
MAN5         = confd.conf.5
HTML         = $(shell cd html 2>/dev/null && find . -type f | sed 's|^\./||')

# nginx finds modules/ beside its prefix in Debian's place only.
LOAD = $(if $(filter /usr/lib/nginx/modules,$(MODULES)),modules,$(MODULES))

# What is given by path is not built.
NEEDS = $(if $(filter build/release/%,$(CONFD_BIN)),release,$(CONFD_BIN)) \
    $(if $(filter build/module/%,$(MODULE_SO)),release,$(MODULE_SO))

release:  ## what is installed: confd and the module, optimised
	auto/build release

install: $(NEEDS)  ## into DESTDIR, in the layout of Debian
	install -d $(D_SBIN) $(D_MODULES) $(D_AVAILABLE) $(D_ENABLED) $(D_ETC) \
	    $(D_UNIT) $(D_SYSUSERS) $(D_MAN)/man5 $(D_MAN)/man8 $(D_DOC)
	install -m 755 $(CONFD_BIN) $(D_SBIN)/confd
	install -m 644 $(MODULE_SO) $(D_MODULES)/ngx_http_conference_module.so
	echo 'load_module $(LOAD)/ngx_http_conference_module.so;' \
	    >$(D_AVAILABLE)/$(SNIPPET)
	chmod 644 $(D_AVAILABLE)/$(SNIPPET)
	ln -sfn $(PREFIX)/share/nginx/modules-available/$(SNIPPET) \
	    $(D_ENABLED)/$(LINK)
	[ -e $(D_ETC)/confd.conf ] \
	    || install -m 644 conf/confd.conf $(D_ETC)/confd.conf
	sed 's|/usr/sbin/confd|$(PREFIX)/sbin/confd|; s|/etc/confd|$(SYSCONFDIR)/confd|' \
	    conf/confd.service >$(D_UNIT)/confd.service
	chmod 644 $(D_UNIT)/confd.service
	install -m 644 conf/confd.sysusers $(D_SYSUSERS)/confd.conf
	for page in $(MAN5); do \
	    gzip -9nc doc/$$page >$(D_MAN)/man5/$$page.gz; done
	for page in $(MAN8); do \
	    gzip -9nc doc/$$page >$(D_MAN)/man8/$$page.gz; done
	chmod 644 $(MAN5:%=$(D_MAN)/man5/%.gz) $(MAN8:%=$(D_MAN)/man8/%.gz)
	install -m 644 README $(D_DOC)/README
	gzip -9nc CHANGES >$(D_DOC)/changelog.gz
	chmod 644 $(D_DOC)/changelog.gz
	install -m 644 LICENSE $(D_DOC)/copyright
	install -D -m 644 conf/nginx.conf $(D_DOC)/examples/nginx.conf
	for file in $(HTML); do \
	    install -D -m 644 html/$$file $(D_HTML)/html/$$file; done

uninstall:  ## what install has put into DESTDIR
	rm -f $(D_SBIN)/confd $(D_MODULES)/ngx_http_conference_module.so \
	    $(D_AVAILABLE)/$(SNIPPET) $(D_ENABLED)/$(LINK) \
	    $(D_UNIT)/confd.service $(D_SYSUSERS)/confd.conf \
	    $(MAN5:%=$(D_MAN)/man5/%.gz) $(MAN8:%=$(D_MAN)/man8/%.gz)
	rm -rf $(D_DOC) $(D_HTML)
	! cmp -s conf/confd.conf $(D_ETC)/confd.conf || rm -f $(D_ETC)/confd.conf
	[ ! -d $(D_ETC) ] || rmdir --ignore-fail-on-non-empty $(D_ETC)
	[ -z "$(DESTDIR)" ] || find $(DESTDIR) -mindepth 1 -type d -empty -delete

deb: $(NEEDS)  ## a Debian package for the installed nginx, in build/deb
	auto/deb $(CONFD_BIN) $(MODULE_SO)

.PHONY: release install uninstall deb
