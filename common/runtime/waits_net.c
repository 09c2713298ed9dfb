// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose descriptor it is. The frames above netpollblock keep the internal/poll.FD:
 *
 *   FD{fdmu 16 bytes, Sysfd int, pd pollDesc, iovecs, …}, Go 1.17 to 1.20
 *   FD{fdmu 16 bytes, Sysfd int, iovecs, pd pollDesc, …}, Go 1.21 to 1.27
 *      then in both csema, isBlocking uint32; IsStream, ZeroReadIsEOF, isFile bool: 56 bytes
 *   net.netFD{FD, family, sotype int, isConnected bool, net string, laddr, raddr Addr}
 *   os.file{FD, name string, …}
 *
 * (src/internal/poll/fd_unix.go, src/net/fd_posix.go, src/os/file_unix.go.) A program that does not
 * use the network has no types of it, and no DWARF of them; so these offsets are no rows of the
 * layout table, and what is at them is held against what is known: the number of the descriptor and
 * the pollDesc must be those of the runtime, the family and the network's name must be ones that
 * exist, an address must have the length of one.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "runtime/waits_internal.h"

enum {
	FD_SYSFD = 16,
	FD_PD_121 = 32, /* from Go 1.21 on */
	FD_PD_117 = 24,
	FD_IS_FILE = 50,
	FD_SIZE = 56,
	NETFD_FAMILY = FD_SIZE,
	NETFD_SOTYPE = FD_SIZE + 8,
	NETFD_NET = FD_SIZE + 24,
	NETFD_LADDR = FD_SIZE + 40,
	NETFD_RADDR = FD_SIZE + 56,
	NETFD_SIZE = FD_SIZE + 72,
	OSFILE_NAME = FD_SIZE,
	NAME_MAX_BYTES = 256,
	ADDRESS_MAX = 128, /* as text, or a path */
	FDS_MAX = 1 << 20
};

static bool is_fd(const uint8_t *b, uint64_t pd, int32_t fd)
{
	return le64(b + FD_SYSFD) == (uint64_t)fd &&
	       (le64(b + FD_PD_121) == pd || le64(b + FD_PD_117) == pd);
}

static uint64_t known_fd(struct waits_pass *p, uint64_t pd)
{
	uint32_t at = hash_get(&p->w->fds, pd);

	return at == HASH_NONE ? 0 : p->w->fd_at.v[at];
}

bool waits_net_known(struct waits_pass *p, uint64_t pd, int32_t fd)
{
	uint64_t at = known_fd(p, pd);
	uint8_t b[FD_SIZE];

	return at && !memory_read_all(p->rt->mem, at, b, sizeof(b)) && is_fd(b, pd, fd);
}

static void remember(struct waits_pass *p, uint64_t pd, uint64_t at)
{
	uint32_t place = hash_get(&p->w->fds, pd);

	if (place != HASH_NONE) {
		p->w->fd_at.v[place] = at;
	} else if (p->w->fd_at.n < FDS_MAX) {
		if (!vec_push(&p->w->fd_at, at) ||
		    !hash_put(&p->w->fds, pd, (uint32_t)p->w->fd_at.n - 1))
			p->failed = true;
	}
}

void waits_net_find(struct waits_pass *p, uint64_t pd, int32_t fd, const uint64_t *words, size_t n)
{
	uint8_t b[FD_SIZE];

	for (size_t i = 0; i < n; i++)
		if (!memory_read_all(p->rt->mem, words[i], b, sizeof(b)) && is_fd(b, pd, fd)) {
			remember(p, pd, words[i]);
			return;
		}
}

/* ---- texts -------------------------------------------------------------------------------------- */

/* The place of the text among the batch's; 0: no memory. */
static uint32_t put_text(struct waits_pass *p, const char *s)
{
	uint32_t at = (uint32_t)p->w->batch.texts.n;

	if (p->w->batch.texts.n > UINT32_MAX / 2 ||
	    !vec_append(&p->w->batch.texts, s, strlen(s) + 1)) {
		p->failed = true;
		return 0;
	}
	return at;
}

/* A Go string whose header is at h, of at most max − 1 bytes, without NUL bytes; false: it is none. */
static bool get_string(struct waits_pass *p, const uint8_t *h, char *dst, size_t max)
{
	uint64_t len = le64(h + 8);

	if (!len || len >= max || memory_read_all(p->rt->mem, le64(h), dst, len))
		return false;
	dst[len] = '\0';
	return strlen(dst) == len;
}

/* ---- addresses ---------------------------------------------------------------------------------- */

/* TCPAddr and UDPAddr{IP []byte, Port int, Zone string}, IPAddr{IP, Zone}. */
static bool ip_text(struct waits_pass *p, uint64_t data, bool has_port, char *dst, size_t size)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char ip[INET6_ADDRSTRLEN] = "";
	uint8_t addr[32], bytes[16];
	uint64_t len, port;
	bool v6 = false;

	if (!plausible_pointer(data) || memory_read_all(p->rt->mem, data, addr, sizeof(addr)))
		return false;
	len = le64(addr + 8);
	port = has_port ? le64(addr + 24) : 0;
	if ((len && len != 4 && len != 16) || port > 65535 || len > le64(addr + 16) ||
	    (len && memory_read_all(p->rt->mem, le64(addr), bytes, len)))
		return false;
	if (len == 16 && !memcmp(bytes, mapped, sizeof(mapped)))
		inet_ntop(AF_INET, bytes + 12, ip, sizeof(ip));
	else if (len) {
		v6 = len == 16;
		inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, ip, sizeof(ip));
	}
	if (has_port)
		snprintf(dst, size, v6 ? "[%s]:%u" : "%s:%u", ip, (unsigned)port);
	else
		snprintf(dst, size, "%s", ip);
	return true;
}

/* An interface value of net.Addr: what it is, the network tells. */
static uint32_t address(struct waits_pass *p, const char *net, const uint8_t *interface)
{
	uint64_t type = le64(interface), data = le64(interface + 8);
	char text[ADDRESS_MAX];
	uint8_t header[16];

	if (!type || !plausible_pointer(data))
		return 0;
	if (!strncmp(net, "unix", 4)) {
		/* UnixAddr{Name, Net string}; the other end of one has no name as a rule. */
		if (memory_read_all(p->rt->mem, data, header, sizeof(header)) ||
		    !get_string(p, header, text, sizeof(text)))
			return 0;
		return put_text(p, text);
	}
	if (!ip_text(p, data, strncmp(net, "ip", 2) != 0, text, sizeof(text)))
		return 0;
	return put_text(p, text);
}

static bool is_network(const char *net)
{
	static const char *const names[] = {"tcp",  "tcp4", "tcp6", "udp",	"udp4",
					    "udp6", "ip",   "unix", "unixgram", "unixpacket"};

	if (!strncmp(net, "ip", 2) && net[2] && strchr("46:", net[2]))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(net, names[i]))
			return true;
	return false;
}

static void read_socket(struct waits_pass *p, const uint8_t *b, struct wait_object *o)
{
	uint64_t family = le64(b + NETFD_FAMILY), type = le64(b + NETFD_SOTYPE);
	char net[32];

	if ((family != AF_UNIX && family != AF_INET && family != AF_INET6) || !type ||
	    type > SOCK_SEQPACKET || !get_string(p, b + NETFD_NET, net, sizeof(net)) ||
	    !is_network(net))
		return;
	o->fd.net = put_text(p, net);
	o->fd.local = address(p, net, b + NETFD_LADDR);
	o->fd.remote = address(p, net, b + NETFD_RADDR);
}

void waits_net_read(struct waits_pass *p, struct wait_object *o)
{
	uint64_t at = known_fd(p, o->addr);
	char name[NAME_MAX_BYTES];
	uint8_t b[NETFD_SIZE];
	size_t size = sizeof(b);

	/* An os.file is smaller: it may end where the memory does. */
	if (at && memory_read_all(p->rt->mem, at, b, size)) {
		size = OSFILE_NAME + 16;
		if (memory_read_all(p->rt->mem, at, b, size))
			return;
	}
	if (!at || !is_fd(b, o->addr, o->fd.fd) || b[FD_IS_FILE] > 1)
		return;
	if (!b[FD_IS_FILE] && size == sizeof(b)) {
		read_socket(p, b, o);
	} else if (b[FD_IS_FILE] && get_string(p, b + OSFILE_NAME, name, sizeof(name))) {
		o->fd.net = put_text(p, "file");
		o->fd.local = put_text(p, name);
	}
}
