// SPDX-License-Identifier: GPL-2.0-or-later
#include "process/privilege.h"
#include "source/program.h"

void program_begin(void)
{
	privilege_begin();
}
