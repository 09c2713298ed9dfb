// SPDX-License-Identifier: GPL-2.0-or-later
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "tui/guard.h"
#include "tui/keys.h"
#include "tui/terminal.h"
#include "tui/theme.h"

/* Last: it makes macros of "lines", "columns" and other words. */
#include <term.h>

static struct {
	bool taken, lost, ascii;
	SCREEN *screen;
	FILE *in;
	struct termios modes; /* as we found them */
} terminal;

/* ---- giving it back by hand, for the guard --------------------------------------------------- */

static struct {
	char p[512];
	size_t n;
} farewell;

static bool has(const char *capability)
{
	const char *s = tigetstr(capability);

	return s && s != (const char *)-1;
}

static int farewell_put(int c)
{
	if (farewell.n < sizeof(farewell.p))
		farewell.p[farewell.n++] = (char)c;
	return c;
}

/* What endwin would send: attributes, cursor, keypad, mouse, and the screen that was there before. */
static void prepare_farewell(bool mouse)
{
	static const char *const names[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};

	farewell.n = 0;
	if (mouse && has("kmous"))
		for (const char *p = "\033[?1006l\033[?1002l\033[?1000l"; *p; p++)
			farewell_put(*p);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (has(names[i]))
			tputs(tigetstr(names[i]), 1, farewell_put);
	}
	for (const char *p = "\r\n"; *p; p++)
		farewell_put(*p);
}

/* ---- taking and giving ----------------------------------------------------------------------- */

static int open_input(struct err *err)
{
	int fd;

	if (isatty(STDIN_FILENO)) {
		terminal.in = stdin;
		return 0;
	}
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	terminal.in = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (!terminal.in)
		return err_set(err, EXIT_FAILED, errno,
			       "no terminal to read keys from; for output without one use --batch");
	return 0;
}

/* Home and End of terminals that call themselves xterm (PuTTY, rxvt, the Linux console). */
static void know_more_keys(void)
{
	static const struct {
		const char *sequence;
		int code;
	} more[] = {
		{"\033[1~", KEY_HOME}, {"\033[7~", KEY_HOME}, {"\033[H", KEY_HOME},
		{"\033OH", KEY_HOME},  {"\033[4~", KEY_END},  {"\033[8~", KEY_END},
		{"\033[F", KEY_END},   {"\033OF", KEY_END},
	};

	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		define_key(more[i].sequence, more[i].code);
}

/*
 * All that a terminal tells of, releases and the other buttons too: after an event that nobody has
 * asked for, curses waits for the next one, nodelay or not, and the screen stands still until then.
 */
enum {
	EVERY_BUTTON = BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON2_PRESSED | BUTTON2_RELEASED |
		       BUTTON3_PRESSED | BUTTON3_RELEASED | BUTTON4_PRESSED | BUTTON4_RELEASED |
		       BUTTON5_PRESSED | BUTTON5_RELEASED
};

static void set_up_curses(const struct terminal_options *options)
{
	set_escdelay(25);
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	know_more_keys();
	nodelay(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	curs_set(0);
	theme_start(options->color);
	if (options->mouse) {
		mousemask(EVERY_BUTTON, NULL);
		mouseinterval(0);
	}
}

/*
 * The terminal type to use. One that this machine has no description of, as of newer terminals by
 * ssh, is taken for an xterm: nearly all of them understand what that does. NULL with *err set when
 * it cannot show a screen.
 */
static const char *choose_type(struct err *err)
{
	const char *type = getenv("TERM"), *like;
	int known;

	if (!type || !*type) {
		err_set(err, EXIT_FAILED, 0,
			"TERM is not set: set it (xterm-256color suits most), or use --batch");
		return NULL;
	}
	like = strstr(type, "256color") || getenv("COLORTERM") ? "xterm-256color" : "xterm";
	if (setupterm(type, STDOUT_FILENO, &known) == ERR) {
		log_add(LOG_INFO, "terminal type \"%s\" is not known here: taken for %s", type,
			like);
		if (setupterm(like, STDOUT_FILENO, &known) == ERR) {
			err_set(err, EXIT_FAILED, 0,
				"terminal type \"%s\" is not known here; set TERM, or use --batch",
				type);
			return NULL;
		}
		type = like;
	}
	if (has("cup"))
		return type;
	err_set(err, EXIT_FAILED, 0,
		"a terminal of type \"%s\" has no cursor that can be moved; use --batch", type);
	return NULL;
}

int terminal_open(const struct terminal_options *options, struct err *err)
{
	const char *type = choose_type(err);
	int r;

	if (!type)
		return -EINVAL;
	/* Not LC_NUMERIC: numbers are written for programs too. */
	setlocale(LC_CTYPE, "");
	terminal.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	r = open_input(err);
	if (r < 0)
		return r;
	tcgetattr(fileno(terminal.in), &terminal.modes);
	terminal.screen = newterm(type, stdout, terminal.in);
	if (!terminal.screen)
		return err_set(err, EXIT_FAILED, 0, "the terminal cannot be used; try --batch");
	set_term(terminal.screen);
	log_to_stderr((enum log_level)(LOG_ERROR + 1));
	set_up_curses(options);
	prepare_farewell(options->mouse);
	guard_arm(fileno(terminal.in), STDOUT_FILENO, &terminal.modes, farewell.p, farewell.n);
	terminal.taken = true;
	return 0;
}

/* Where there is no second screen to leave, the shell's prompt would stand in our last line. */
static void clear_for_prompt(void)
{
	if (has("rmcup"))
		return;
	attrset(A_NORMAL);
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
}

void terminal_close(void)
{
	if (!terminal.taken)
		return;
	terminal.taken = false;
	if (!terminal.lost) {
		mousemask(0, NULL);
		clear_for_prompt();
		endwin();
	}
	guard_disarm();
	log_to_stderr(LOG_WARNING);
}

void terminal_check(void)
{
	struct termios modes;

	/* Of a terminal that has hung up every request fails (EIO). */
	if (tcgetattr(fileno(terminal.in), &modes) < 0)
		terminal.lost = true;
}

void terminal_suspend(void)
{
	if (terminal.lost)
		return;
	def_prog_mode();
	endwin();
	/* SIGTSTP itself is blocked: it comes by the signalfd. */
	raise(SIGSTOP);
	reset_prog_mode();
	terminal_resized();
	terminal_redraw();
}

int terminal_fd(void)
{
	return fileno(terminal.in);
}

bool terminal_ascii(void)
{
	return terminal.ascii;
}

/* ---- size and picture ------------------------------------------------------------------------ */

void terminal_size(int *height, int *width)
{
	getmaxyx(stdscr, *height, *width);
}

void terminal_resized(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return;
	resizeterm(size.ws_row, size.ws_col);
}

void terminal_begin(void)
{
	werase(stdscr);
}

void terminal_show(int cursor_y, int cursor_x)
{
	if (terminal.lost)
		return;
	curs_set(cursor_y >= 0);
	if (cursor_y >= 0)
		move(cursor_y, cursor_x);
	refresh();
}

void terminal_redraw(void)
{
	clearok(stdscr, TRUE);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static const struct {
	int curses;
	uint32_t code;
} special[] = {
	{KEY_UP, K_UP},	      {KEY_DOWN, K_DOWN},	    {KEY_LEFT, K_LEFT},
	{KEY_RIGHT, K_RIGHT}, {KEY_PPAGE, K_PAGE_UP},	    {KEY_NPAGE, K_PAGE_DOWN},
	{KEY_HOME, K_HOME},   {KEY_FIND, K_HOME},	    {KEY_A1, K_HOME},
	{KEY_END, K_END},     {KEY_SELECT, K_END},	    {KEY_C1, K_END},
	{KEY_ENTER, K_ENTER}, {KEY_BACKSPACE, K_BACKSPACE}, {KEY_DC, K_DELETE},
};

static uint32_t special_code(wint_t c)
{
	if (c > KEY_F0 && c <= KEY_F(12))
		return (uint32_t)K_F(c - KEY_F0);
	for (size_t i = 0; i < ARRAY_SIZE(special); i++)
		if ((wint_t)special[i].curses == c)
			return special[i].code;
	return K_OTHER;
}

static uint32_t character_code(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return K_ENTER;
	case '\033':
		return K_ESCAPE;
	case '\b':
	case 0x7f:
		return K_BACKSPACE;
	default:
		return c < K_SPECIAL && c ? (uint32_t)c : K_OTHER;
	}
}

/* What the mouse did, from the last thing to the first: several may come at once. */
static struct {
	struct event v[16];
	size_t n;
} pointed;

static bool pointer_of(mmask_t state, enum pointer *ret)
{
	if (state & BUTTON4_PRESSED)
		*ret = POINTER_WHEEL_UP;
	else if (state & BUTTON5_PRESSED)
		*ret = POINTER_WHEEL_DOWN;
	else if (state & BUTTON1_PRESSED)
		*ret = POINTER_PRESS;
	else
		return false;
	return true;
}

/*
 * What the terminal's description does not know (another terminal's Home, say) begins with Esc: as
 * that and some letters it would do who knows what.
 */
static bool swallow_sequence(void)
{
	wint_t c;

	if (get_wch(&c) != OK)
		return false;
	if (c != '[' && c != 'O') {
		unget_wch((wchar_t)c);
		return false;
	}
	while (get_wch(&c) == OK && (c < 0x40 || c > 0x7e))
		;
	return true;
}

static void take_pointer(void)
{
	MEVENT m;

	while (pointed.n < ARRAY_SIZE(pointed.v) && getmouse(&m) == OK) {
		struct event e = {.code = K_POINTER, .x = m.x, .y = m.y};

		if (pointer_of(m.bstate, &e.pointer))
			pointed.v[pointed.n++] = e;
	}
}

bool terminal_event(struct event *ret)
{
	wint_t c;
	int r;

	if (pointed.n) {
		*ret = pointed.v[--pointed.n];
		return true;
	}
	r = terminal.lost ? ERR : get_wch(&c);
	*ret = (struct event){.code = K_OTHER};
	if (r == ERR)
		return false;
	if (r == OK && c == '\033' && swallow_sequence())
		ret->code = K_OTHER;
	else if (r == OK)
		ret->code = character_code(c);
	else if (c == KEY_MOUSE)
		take_pointer();
	else
		ret->code = special_code(c);
	return true;
}
