
/*
 * How much of a processor others have used.
 */

#ifndef _BENCH_CPU_H_INCLUDED_
#define _BENCH_CPU_H_INCLUDED_


/*
 * Seconds in user and kernel mode of groups of processes: "12,13:14" are two
 * groups.  Returns how many there are, at most max; 0 when pids is NULL.
 * Ends the program when one of them is not there.
 */
unsigned bench_cpu(char *pids, double *groups, unsigned max);


#endif /* _BENCH_CPU_H_INCLUDED_ */
