/** What a person can do to get an engine on this system. */
export function engineInstruction(platform: NodeJS.Platform): string {
  switch (platform) {
    case 'darwin':
      return 'Start Docker Desktop, OrbStack or Colima (colima start), then run this again.';
    case 'win32':
      return 'Start Docker Desktop, then run this again.';
    default:
      return (
        'Start it (sudo systemctl start docker), or install one: sudo apt-get install docker.io, sudo dnf install moby-engine, ' +
        'or rootless Docker. As root on Debian or Ubuntu, npm run setup installs and starts one by itself.'
      );
  }
}
