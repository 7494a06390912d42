# What install-service.ps1 and uninstall-service.ps1 share. Windows PowerShell 5.1.
Set-StrictMode -Version 2.0

<# Runs a program from an argument array; one that fails ends the script with its exit code in the message. #>
function Invoke-Tool {
    param([string]$Program, [string[]]$Arguments)
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program $($Arguments -join ' ') ended with exit code $LASTEXITCODE." }
}

<# Compares every file of the package with SHA256SUMS. #>
function Test-PackageSums {
    param([string]$Folder)
    foreach ($line in Get-Content -LiteralPath (Join-Path $Folder 'SHA256SUMS') -Encoding UTF8) {
        $expected, $path = $line -split '  ', 2
        $file = Join-Path $Folder $path.Replace('/', '\')
        if ((Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash -ne $expected.ToUpperInvariant()) {
            throw "$file is not as it was packed: unpack the archive again."
        }
    }
}

<# Lets runs come to their end, then stops the service. #>
function Stop-Agent {
    param([string]$ServiceName, [string]$Cmdhost, [string]$ConfigFile)
    $service = Get-Service -Name $ServiceName
    if ($service.Status -eq 'Running') {
        Write-Host 'Draining: no new work is claimed, runs go to their end ...'
        Invoke-Tool -Program $Cmdhost -Arguments @('drain', '--config', $ConfigFile, '--wait')
        Stop-Service -Name $ServiceName
        $service.WaitForStatus('Stopped', [TimeSpan]::FromMinutes(5))
    }
    Get-ScheduledTask -TaskName "$ServiceName runner" -ErrorAction SilentlyContinue | Stop-ScheduledTask
}

<# Puts the package in place whole: copied beside first, then exchanged by renames. The version before stays. #>
function Copy-Package {
    param([string]$Package, [string]$App)
    $new = "$App.new"
    $previous = "$App.previous"
    if (Test-Path -LiteralPath $new) { Remove-Item -LiteralPath $new -Recurse -Force }
    New-Item -ItemType Directory -Path (Split-Path -Parent $App) -Force | Out-Null
    Copy-Item -LiteralPath $Package -Destination $new -Recurse
    if (Test-Path -LiteralPath $App) {
        if (Test-Path -LiteralPath $previous) { Remove-Item -LiteralPath $previous -Recurse -Force }
        Move-Item -LiteralPath $App -Destination $previous
    }
    Move-Item -LiteralPath $new -Destination $App
}

<# The service as WinSW wants it told: https://github.com/winsw/winsw/blob/master/doc/xmlConfigFile.md #>
function Get-WrapperXml {
    param([string]$ServiceName, [string]$App, [string]$ConfigFile, [int]$StopTimeoutSeconds)
    $node = ConvertTo-XmlText (Join-Path $App 'runtime\node.exe')
    $main = ConvertTo-XmlText (Join-Path $App 'cmdhost\main.js')
    $file = ConvertTo-XmlText $ConfigFile
    return @"
<service>
  <id>$ServiceName</id>
  <name>MCMS CmdHost</name>
  <description>Runs CAM commands of MCMS on this workstation.</description>
  <executable>$node</executable>
  <argument>$main</argument>
  <argument>run</argument>
  <argument>--config</argument>
  <argument>$file</argument>
  <startmode>Automatic</startmode>
  <delayedAutoStart/>
  <onfailure action="restart" delay="5 sec"/>
  <onfailure action="restart" delay="30 sec"/>
  <onfailure action="restart" delay="60 sec"/>
  <resetfailure>1 day</resetfailure>
  <stoptimeout>$StopTimeoutSeconds sec</stoptimeout>
  <stopparentprocessfirst>true</stopparentprocessfirst>
  <logpath>%BASE%\logs</logpath>
  <log mode="roll-by-size">
    <sizeThreshold>10240</sizeThreshold>
    <keepFiles>8</keepFiles>
  </log>
</service>
"@
}

function ConvertTo-XmlText {
    param([string]$Text)
    return [System.Security.SecurityElement]::Escape($Text)
}

<# One /grant of icacls each; nobody (an empty name) gets nothing. Administrators and the system always have all. #>
function Get-Grants {
    param([hashtable]$Rights, [switch]$File)
    $all = if ($File) { 'F' } else { '(OI)(CI)F' }
    # The well-known ids of Administrators and SYSTEM: their names differ from language to language.
    $grants = @("*S-1-5-32-544:$all", "*S-1-5-18:$all")
    foreach ($account in $Rights.Keys) {
        if ($account -ne '') { $grants += "${account}:$($Rights[$account])" }
    }
    return $grants
}

<# The access list is these grants and nothing inherited. #>
function Set-Access {
    param([string]$Path, [string[]]$Grants)
    Invoke-Tool -Program 'icacls.exe' -Arguments (@($Path, '/inheritance:r', '/Q', '/grant:r') + $Grants)
}

<# At the CAM user's logon, in that session, started again a minute after a failure, without an end. #>
function Register-RunnerTask {
    param([string]$TaskName, [string]$CamUser, [string]$App, [string]$ConfigFile)
    $script = Join-Path $App 'install\start-runner.ps1'
    $arguments = "-NoProfile -NonInteractive -WindowStyle Hidden -ExecutionPolicy RemoteSigned -File `"$script`" -ConfigFile `"$ConfigFile`""
    $action = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $arguments
    $trigger = New-ScheduledTaskTrigger -AtLogOn -User $CamUser
    $principal = New-ScheduledTaskPrincipal -UserId $CamUser -LogonType Interactive -RunLevel Limited
    $settings = New-ScheduledTaskSettingsSet -Hidden -MultipleInstances IgnoreNew -RestartCount 999 `
        -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit ([TimeSpan]::Zero) `
        -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
    Register-ScheduledTask -TaskName $TaskName -Action $action -Trigger $trigger -Principal $principal -Settings $settings -Force | Out-Null
}

<# Every night as the system, which alone may write the key; nothing happens while the certificate is good for longer. #>
function Register-RotationTask {
    param([string]$TaskName, [string]$Cmdhost, [string]$ConfigFile)
    $action = New-ScheduledTaskAction -Execute $Cmdhost -Argument "rotate --config `"$ConfigFile`" --if-expires-within 30d"
    $trigger = New-ScheduledTaskTrigger -Daily -At '03:00'
    $principal = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest
    $settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew
    Register-ScheduledTask -TaskName $TaskName -Action $action -Trigger $trigger -Principal $principal -Settings $settings -Force | Out-Null
}
